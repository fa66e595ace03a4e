// What can happen to a worker, brought about in the worker itself: the server puts an import in front of
// the package's own worker scripts. So the package is tested as it is, without a door for tests in it.

/** Ends a worker as a trap or a lack of memory does: with an error that nobody catches. */
const fall = `setTimeout(() => { throw new WebAssembly.RuntimeError("unreachable, on demand"); });`;

/** The worker falls when the page says so on this channel. */
export const FALLS_ON_DEMAND = `
const channel = new BroadcastChannel("fall");
channel.onmessage = () => { channel.close(); ${fall} };
`;

/** Whether some bytes stand anywhere in a message. */
const finds = `
function holds(value, mark, depth = 0) {
  if (value instanceof ArrayBuffer) value = new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    outer: for (let at = bytes.indexOf(mark[0]); at >= 0; at = bytes.indexOf(mark[0], at + 1)) {
      for (let nth = 1; nth < mark.length; nth += 1) if (bytes[at + nth] !== mark[nth]) continue outer;
      return true;
    }
    return false;
  }
  return depth < 6 && value !== null && typeof value === "object" &&
    Object.values(value).some((inner) => holds(inner, mark, depth + 1));
}`;

/** What the image holds on which a worker falls. */
export const DEADLY_MARK = "this image ends workers";

/** The worker falls whenever it is given the deadly image, and does not answer. */
export const FALLS_ON_IMAGE = `${finds}
const mark = new TextEncoder().encode(${JSON.stringify(DEADLY_MARK)});
self.addEventListener("message", (event) => {
  if (holds(event.data, mark)) {
    event.stopImmediatePropagation();
    throw new WebAssembly.RuntimeError("unreachable, on demand");
  }
});
`;

/** The worker falls on every batch of images. */
export const FALLS_ON_EVERY_IMAGE = `
self.addEventListener("message", (event) => {
  if (event.data.method === "embedImages") {
    event.stopImmediatePropagation();
    throw new WebAssembly.RuntimeError("unreachable, on demand");
  }
});
`;

/** Tokens from which on a text is deadly. */
export const DEADLY_TOKENS = 70;

/** The worker falls on every batch of texts that has a deadly one. */
export const FALLS_ON_LONG_TEXT = `
self.addEventListener("message", (event) => {
  if (event.data.method === "embedTexts" && event.data.params.lengths.some((length) => length >= ${DEADLY_TOKENS})) {
    event.stopImmediatePropagation();
    throw new WebAssembly.RuntimeError("unreachable, on demand");
  }
});
`;

/** A worker that gets no memory for a module. */
export const HAS_NO_MEMORY = `
for (const name of ["instantiate", "instantiateStreaming", "compile", "compileStreaming"]) {
  WebAssembly[name] = () => Promise.reject(new RangeError("could not allocate memory, on demand"));
}
`;

/** The worker falls on the third shard of a feature store. */
export const FALLS_ON_THIRD_SHARD = `
self.addEventListener("message", (event) => {
  if (event.data.method === "score" && event.data.params.path.endsWith("features-00002.safetensors")) {
    event.stopImmediatePropagation();
    throw new WebAssembly.RuntimeError("unreachable, on demand");
  }
});
`;

/** No fault: the worker keeps the fourth shard of a feature store waiting until the page says so on this channel. */
export const HOLDS_FOURTH_SHARD = `
self.addEventListener("message", (event) => {
  if (event.data.method === "score" && event.data.params.path.endsWith("features-00003.safetensors")) {
    event.stopImmediatePropagation();
    const channel = new BroadcastChannel("fourth shard");
    channel.onmessage = () => { channel.close(); self.onmessage(event); };
  }
});
`;

/** The device is lost, as when a driver is reset, when the page says so on this channel. */
export const LOSES_DEVICE_ON_DEMAND = `
const { requestDevice } = GPUAdapter.prototype;
GPUAdapter.prototype.requestDevice = async function (...given) {
  const device = await requestDevice.apply(this, given);
  const channel = new BroadcastChannel("lose device");
  channel.onmessage = () => { channel.close(); device.destroy(); };
  return device;
};
`;

/** An adapter that gives no device. */
export const GIVES_NO_DEVICE = `
GPUAdapter.prototype.requestDevice = () => Promise.reject(new DOMException("no device, on demand", "OperationError"));
`;

/** Whatever is read from the GPU comes back with its sign turned around in every other number. */
export const DAMAGES_RESULTS = `
const getMappedRange = GPUBuffer.prototype.getMappedRange;
GPUBuffer.prototype.getMappedRange = function (...given) {
  const range = getMappedRange.apply(this, given);
  if (this.usage & GPUBufferUsage.MAP_READ) {
    const numbers = new Float32Array(range, 0, range.byteLength >> 2);
    for (let nth = 0; nth < numbers.length; nth += 2) numbers[nth] = -numbers[nth];
  }
  return range;
};
`;

/** An adapter that cannot time its programs, as on phones, and gives no device to whoever asks for that. */
export const HAS_NO_TIMESTAMPS = `
const features = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, "features").get;
const withoutTimestamps = function () {
  return new Set([...features.call(this)].filter((name) => name !== "timestamp-query"));
};
Object.defineProperty(GPUAdapter.prototype, "features", { get: withoutTimestamps, configurable: true });
const give = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (descriptor) {
  for (const feature of descriptor?.requiredFeatures ?? []) {
    if (!withoutTimestamps.call(this).has(feature)) throw new TypeError(\`no \${feature} here, on demand\`);
  }
  return give.call(this, descriptor);
};
`;

/** An adapter as a small device has it. */
export const SMALL_LIMITS = `
const limits = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, "limits").get;
Object.defineProperty(GPUAdapter.prototype, "limits", {
  get() {
    const real = limits.call(this);
    return new Proxy(real, {
      get(_, name) {
        const isSize = name === "maxStorageBufferBindingSize" || name === "maxBufferSize";
        return isSize ? 1024 : real[name];
      },
    });
  },
});
`;

/** No fault: the worker says how many bytes it has read of blobs, when it is asked. */
export const TELLS_READING = `
let bytes = 0;
for (const [owner, name] of [[FileReaderSync.prototype, "readAsArrayBuffer"], [Blob.prototype, "arrayBuffer"]]) {
  const original = owner[name];
  owner[name] = function (...given) {
    bytes += (given[0] ?? this).size;
    return original.apply(this, given);
  };
}
const channel = new BroadcastChannel("reading");
channel.onmessage = ({ data }) => data === "how much" && channel.postMessage({ bytes });
`;

/** No fault: every worker says how large its WebAssembly memory is, when it is asked. */
export const TELLS_MEMORY = `
const memories = [];
for (const name of ["instantiate", "instantiateStreaming"]) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...given) => {
    const made = await original.apply(WebAssembly, given);
    const { memory } = (made.instance ?? made).exports;
    if (memory) memories.push(memory);
    return made;
  };
}
const channel = new BroadcastChannel("memory");
channel.onmessage = ({ data }) => {
  const bytes = memories.reduce((all, { buffer }) => all + buffer.byteLength, 0);
  if (data === "how much") channel.postMessage({ bytes });
};
`;

/** A browser that has no WebGPU. */
export const NO_WEBGPU = `delete (globalThis.WorkerNavigator ?? globalThis.Navigator).prototype.gpu;`;

/** A browser whose private files cannot be appended to. */
export const APPENDS_TO_NO_FILE = `delete globalThis.FileSystemFileHandle?.prototype.createSyncAccessHandle;`;

/** A browser that has no cache for pages' use. */
export const HAS_NO_CACHE = `Object.defineProperty(globalThis, "caches", { value: undefined });`;

/** An adapter that a browser has on a real GPU, as far as it can be told. */
export const LOOKS_LIKE_HARDWARE = `
Object.defineProperty(GPUAdapter.prototype, "info", {
  get: () => ({ vendor: "test", architecture: "test", device: "", description: "", isFallbackAdapter: false }),
});
`;

/**
 * Puts code in front of worker scripts of the package; each worker runs it before its own code.
 * @param scripts which: a pattern of their paths on the server
 * @param more what else the server does to them, such as `times`: to how many of those that it sends
 */
export function injectInto(server, scripts, code, more = {}) {
  const name = `injected-${injected.size}.mjs`;
  injected.set(name, code);
  server.mount("/injected/", injected);
  return server.faults.add(scripts, {
    change: (script) => `import "/injected/${name}";\n${script}`,
    ...more,
  });
}

const injected = new Map();
