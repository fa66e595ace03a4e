// The little of WebGPU that is looked at here. The encoder itself uses it from WebAssembly.

/** What an adapter is. */
export interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

/** A device; it can be lost at any time. */
export interface Device {
  readonly lost: Promise<{ reason?: string; message: string }>;
}

/** An adapter. */
export interface Adapter {
  readonly limits: { readonly maxStorageBufferBindingSize: number; readonly maxBufferSize: number };
  readonly info?: AdapterInfo;
  readonly isFallbackAdapter?: boolean;
  requestAdapterInfo?(): Promise<AdapterInfo>;
}

/** `navigator.gpu`. */
export interface Gpu {
  requestAdapter(options?: { powerPreference?: "high-performance" | "low-power" }): Promise<Adapter | null>;
}

/** `navigator.gpu`, where the browser has it. */
export function gpuOfNavigator(): Gpu | undefined {
  return (globalThis.navigator as { gpu?: Gpu } | undefined)?.gpu;
}

interface AdapterClass {
  prototype: { requestDevice(descriptor?: unknown): Promise<Device> };
}

/**
 * Calls `onLost` when a device is lost that is requested in this thread from here on.
 *
 * The device belongs to the WebAssembly module, which cannot say that it is gone. So the request is
 * watched, in this worker alone.
 */
export function watchDevices(onLost: (reason: string) => void): void {
  const adapters = (globalThis as { GPUAdapter?: AdapterClass }).GPUAdapter;
  if (adapters === undefined) {
    return;
  }
  const { requestDevice } = adapters.prototype;
  adapters.prototype.requestDevice = async function (descriptor?: unknown): Promise<Device> {
    const device = await requestDevice.call(this, descriptor);
    void device.lost.then(({ reason, message }) => {
      onLost(`the device was lost (${reason ?? "unknown"})${message === "" ? "" : `: ${message}`}`);
    });
    return device;
  };
}
