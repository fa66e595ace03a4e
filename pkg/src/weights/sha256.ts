// SHA-256 of a blob. The browser's own digest is the faster one and takes all bytes at once; what
// is too large to be held in memory for that goes through the one written here, slice by slice.

/** Files up to this length are digested at once: the shards of `ofa export-encoder`. */
const AT_ONCE = 64_000_000;

/** Bytes that are read of a larger file at a time. */
const SLICE = 4 << 20;

/** The SHA-256 of a blob's bytes, in hexadecimal. */
export async function sha256(blob: Blob, signal?: AbortSignal): Promise<string> {
  // Pages without https have no `subtle`.
  const subtle = (globalThis.crypto as { subtle?: SubtleCrypto } | undefined)?.subtle;
  if (subtle !== undefined && blob.size <= AT_ONCE) {
    return hexadecimal(new Uint8Array(await subtle.digest("SHA-256", await blob.arrayBuffer())));
  }
  const hash = new Sha256();
  for (let at = 0; at < blob.size; at += SLICE) {
    signal?.throwIfAborted();
    hash.update(new Uint8Array(await blob.slice(at, at + SLICE).arrayBuffer()));
  }
  return hexadecimal(hash.digest());
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of a block. */
const BLOCK = 64;

/** SHA-256 as FIPS 180-4 describes it, over bytes that come in pieces. */
export class Sha256 {
  readonly #state = initialState();
  readonly #schedule = new Uint32Array(64);
  readonly #rest = new Uint8Array(BLOCK);
  #restLength = 0;
  #length = 0;

  /** Takes the next bytes. */
  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let at = 0;
    if (this.#restLength > 0) {
      at = Math.min(BLOCK - this.#restLength, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#restLength);
      this.#restLength += at;
      if (this.#restLength < BLOCK) {
        return;
      }
      this.#blocks(this.#rest);
      this.#restLength = 0;
    }
    const end = at + Math.floor((bytes.length - at) / BLOCK) * BLOCK;
    this.#blocks(bytes.subarray(at, end));
    this.#rest.set(bytes.subarray(end));
    this.#restLength = bytes.length - end;
  }

  /** Ends the message and gives its 32 bytes; nothing can be added afterwards. */
  digest(): Uint8Array {
    const used = this.#restLength + 9;
    const last = new Uint8Array(Math.ceil(used / BLOCK) * BLOCK);
    last.set(this.#rest.subarray(0, this.#restLength));
    last[this.#restLength] = 0x80;
    const view = new DataView(last.buffer);
    const bits = this.#length * 8;
    view.setUint32(last.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(last.length - 4, bits % 2 ** 32);
    this.#blocks(last);
    const digest = new Uint8Array(32);
    const out = new DataView(digest.buffer);
    this.#state.forEach((word, nth) => out.setUint32(4 * nth, word));
    return digest;
  }

  #blocks(bytes: Uint8Array): void {
    const state = this.#state;
    const w = this.#schedule;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; at += BLOCK) {
      for (let t = 0; t < 16; t++) {
        w[t] = view.getUint32(at + 4 * t);
      }
      for (let t = 16; t < 64; t++) {
        const near = w[t - 2]!;
        const far = w[t - 15]!;
        const s1 = rotated(near, 17) ^ rotated(near, 19) ^ (near >>> 10);
        const s0 = rotated(far, 7) ^ rotated(far, 18) ^ (far >>> 3);
        w[t] = s1 + w[t - 7]! + s0 + w[t - 16]!;
      }
      let a = state[0]!;
      let b = state[1]!;
      let c = state[2]!;
      let d = state[3]!;
      let e = state[4]!;
      let f = state[5]!;
      let g = state[6]!;
      let h = state[7]!;
      for (let t = 0; t < 64; t++) {
        const sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
        const chosen = (e & f) ^ (~e & g);
        const first = (h + sum1 + chosen + ROUND_CONSTANTS[t]! + w[t]!) | 0;
        const sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
        const majority = (a & b) ^ (a & c) ^ (b & c);
        h = g;
        g = f;
        f = e;
        e = (d + first) | 0;
        d = c;
        c = b;
        b = a;
        a = (first + sum0 + majority) | 0;
      }
      state[0]! += a;
      state[1]! += b;
      state[2]! += c;
      state[3]! += d;
      state[4]! += e;
      state[5]! += f;
      state[6]! += g;
      state[7]! += h;
    }
  }
}

function rotated(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** The first 64 primes, from whose roots the constants are the first bits of the fractions. */
const PRIMES: readonly bigint[] = firstPrimes(64);

/** From the cube roots of the primes. */
const ROUND_CONSTANTS = Uint32Array.from(PRIMES, (prime) => fractionOfRoot(prime, 3n));

/** From the square roots of the first eight. */
function initialState(): Uint32Array {
  return Uint32Array.from(PRIMES.slice(0, 8), (prime) => fractionOfRoot(prime, 2n));
}

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let number = 2n; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0n)) {
      primes.push(number);
    }
  }
  return primes;
}

/** The first 32 bits of the fraction of a root, by bisection on whole numbers. */
function fractionOfRoot(of: bigint, degree: bigint): number {
  const scaled = of << (32n * degree);
  let low = 0n;
  let high = of << 32n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** degree <= scaled) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return Number(low & 0xffff_ffffn);
}
