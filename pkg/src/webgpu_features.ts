// What the WebAssembly module may know of WebGPU's adapters.

interface FeatureSet extends Iterable<string> {
  has(name: string): boolean;
}

interface AdapterClass {
  prototype: object;
}

/**
 * Features that the module does not get to see.
 *
 * `subgroups`: its kernels take a subgroup for at least eight lanes wide where the browser does not tell the
 * width, and compute wrong sums on adapters where it is less (SwiftShader has four). They do without.
 */
const HIDDEN: readonly string[] = ["subgroups", "subgroups-f16"];

/**
 * Features that the module sees on every adapter.
 *
 * `timestamp-query`: its library times programs by it or by waiting, which a browser does not allow, and
 * refuses to start where it would have to wait. The module never times programs, and asks no device for it.
 */
const PRETENDED: readonly string[] = ["timestamp-query"];

/**
 * Changes what every adapter of this thread says of its features to whoever asks from here on. To be called
 * before the module asks for an adapter, and once.
 */
export function adjustFeatures(): void {
  const adapters = (globalThis as { GPUAdapter?: AdapterClass }).GPUAdapter;
  const features = adapters && Object.getOwnPropertyDescriptor(adapters.prototype, "features");
  const all = features?.get as ((this: unknown) => FeatureSet) | undefined;
  if (adapters === undefined || features === undefined || all === undefined) {
    return;
  }
  Object.defineProperty(adapters.prototype, "features", {
    ...features,
    get(): FeatureSet {
      return new Set([...[...all.call(this)].filter((name) => !HIDDEN.includes(name)), ...PRETENDED]);
    },
  });
}
