// The generated modules, for a checkout in which they have not been generated yet. Where they are,
// TypeScript takes their own declarations; `wasm_module.ts` says what the package relies on.

declare module "*/wasm/pipeline.js" {
  const start: unknown;
  export default start;
}

declare module "*/wasm/pipeline_full.js" {
  const start: unknown;
  export default start;
}

declare module "*/wasm/webgpu.js" {
  const start: unknown;
  export default start;
}

declare module "*/wasm/products.js" {
  export const fused: string;
  export const plain: string;
}
