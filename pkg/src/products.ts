// Products of matrices: a module of their own, with fused multiply-add where the browser has it (relaxed SIMD).

import { fused, plain } from "../wasm/products.js";

/** What such a module exports; places are those in the memory that it was started on. */
export interface ProductsExports {
  multiply(x: number, rows: number, weight: number, depth: number, columns: number, product: number): void;
}

/** Starts it on another module's memory. */
export async function startProducts(memory: WebAssembly.Memory): Promise<ProductsExports> {
  const bytes = bytesOf(fused);
  const taken = WebAssembly.validate(bytes) ? bytes : bytesOf(plain);
  const { instance } = await WebAssembly.instantiate(taken, { env: { memory } });
  return instance.exports as unknown as ProductsExports;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
}
