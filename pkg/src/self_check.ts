// Whether a GPU computes what the CPU computes, before anything that it says is believed.

import type { EncoderCalls } from "./encoder_calls.js";
import { startEncoderWorker } from "./encoder_calls.js";
import { encoderFile } from "./encoder_folder.js";
import { abortedBy, OfaError, throwIfAborted } from "./errors.js";
import type { OfaEvent } from "./events.js";
import { bytesOf, type SourceFile } from "./input_files.js";
import { storedCheck, type ImageInputs, type TextInputs } from "./stored_check.js";
import type { Embedded, EncoderDescription } from "./wasm_module.js";
import { WorkerCalls, WorkerLost } from "./worker_calls.js";

/** Least cosine of an embedding on the GPU and the same on the CPU. */
const LEAST_COSINE = 0.999;

/** Images that are compared where none are stored. */
const IMAGES = 2;

/** Tokens of the texts that are compared where none are stored, start and end included. */
const TEXT_LENGTHS = [4, 11, 24];

/** The encoder that is checked. */
export interface CheckedEncoder {
  files: SourceFile[];
  encoder: EncoderDescription;
  emit(event: OfaEvent): void;
}

/** What a GPU is told apart by from one that computes something else. */
export interface PassedCheck {
  images: ImageInputs;
  texts: TextInputs;
  /**
   * Compares the embeddings of the images and of the texts.
   *
   * @throws OfaError `self_check_failed`, `device_lost`.
   */
  compare(found: Embedded[]): void;
}

/**
 * Embeds inputs on the GPU and compares with what is stored with the encoder. Where nothing is, the same inputs
 * are embedded in a CPU worker too, which takes a second copy of the weights and ends afterwards. What it gives
 * compares another device without that.
 *
 * @throws OfaError `self_check_failed`: an embedding differs; `device_lost`: none came; `bad_encoder`: what is
 * stored is damaged.
 */
export async function selfCheck(
  { files, encoder, emit }: CheckedEncoder,
  onGpu: (images: ImageInputs, texts: TextInputs) => Promise<Embedded[]>,
  signal: AbortSignal,
): Promise<PassedCheck> {
  const stored = await storedCheck(files, encoder);
  const images = stored?.images ?? imageInputs(encoder.imageSize);
  const texts = stored?.texts ?? textInputs(await tokensOf(files), encoder.contextLength);
  // The first time a program is needed it is compiled, so this is the warm-up too.
  const found = await onGpu(images, texts);
  emit({ type: "stage", stage: "self-check" });
  const expected = stored?.embeddings ?? (await embedOnCpu(files, images, texts, signal));
  const theirs = stored === undefined ? "the CPU's" : "the one that is stored with the encoder";
  const names = ["an image", "a text"];
  const compare = (embedded: Embedded[]): void =>
    embedded.forEach(({ rows, failed }, tower) => {
      const [first] = failed;
      if (first !== undefined) {
        throw new OfaError("device_lost", `the GPU ended each time on ${names[tower]} of the self-check: ${first.detail}`);
      }
      const dim = encoder.embeddingDim;
      for (let at = 0; at < rows.length; at += dim) {
        const similarity = cosine(rows.subarray(at, at + dim), expected[tower]?.subarray(at, at + dim));
        // Written so that a NaN fails.
        if (!(similarity >= LEAST_COSINE)) {
          throw failedCheck(
            `the embedding of ${names[tower]} has a cosine of ${similarity.toFixed(5)} with ${theirs}, ` +
              `expected at least ${LEAST_COSINE}`,
          );
        }
      }
    });
  compare(found);
  return { images, texts, compare };
}

function failedCheck(problem: string): OfaError {
  return new OfaError(
    "self_check_failed",
    `the encoder on WebGPU does not compute what it should: ${problem}; its driver may be at fault, ` +
      'update it or take backend: "cpu"',
  );
}

async function embedOnCpu(
  files: SourceFile[],
  images: ImageInputs,
  texts: TextInputs,
  signal: AbortSignal,
): Promise<Float32Array[]> {
  throwIfAborted(signal);
  const calls = new WorkerCalls<EncoderCalls>(startEncoderWorker(), () => undefined);
  const abort = (): void => calls.end(abortedBy(signal));
  signal.addEventListener("abort", abort, { once: true });
  try {
    await calls.call("load", { module: "pipeline", files, reads: false, embeds: true });
    return [await calls.call("embedImages", images), await calls.call("embedTexts", texts)];
  } catch (error) {
    if (error instanceof WorkerLost) {
      throw new OfaError(
        "encoder_failed",
        `the CPU worker that the GPU is compared with ended: ${error.reason}; is there enough memory?`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
    calls.end(new OfaError("aborted", "the self-check is over"));
  }
}

/** Images of `[3, size, size]` within the range that preprocessing gives, no two values in a row alike. */
function imageInputs(size: number): ImageInputs {
  const length = 3 * size * size;
  const pixelValues = new Float32Array(IMAGES * length);
  for (let image = 0; image < IMAGES; image++) {
    for (let at = 0; at < length; at++) {
      const [x, y] = [at % size, Math.floor(at / size) % size];
      const channel = Math.floor(at / (size * size));
      // A ramp of another slope for each image and channel, with a checkerboard on it.
      const ramp = ((x * (1 + image) + y * (1 + channel)) % size) / size;
      const board = (Math.floor(x / 8) + Math.floor(y / 8)) % 2;
      pixelValues[image * length + at] = 3 * ramp - 1.5 + 0.5 * board;
    }
  }
  return { pixelValues, count: IMAGES };
}

/** The ids that frame a text, and how many ids there are. */
interface Tokens {
  vocabulary: number;
  start: number;
  end: number;
}

function textInputs({ vocabulary, start, end }: Tokens, contextLength: number): TextInputs {
  const lengths = Uint32Array.from(TEXT_LENGTHS, (length) => Math.min(length, contextLength));
  const inputIds: number[] = [];
  for (const length of lengths) {
    inputIds.push(start);
    for (let at = 1; at < length - 1; at++) {
      // Any ids below the two special ones, spread over the vocabulary.
      inputIds.push((at * 7919 + length * 104_729) % Math.max(1, Math.min(start, end, vocabulary)));
    }
    inputIds.push(end);
  }
  return { inputIds: Uint32Array.from(inputIds), lengths };
}

/** The special tokens as `config.json` has them; those of OpenAI's CLIP where it says nothing. */
async function tokensOf(files: SourceFile[]): Promise<Tokens> {
  const file = encoderFile(files, "config.json");
  const json = file === undefined ? {} : (JSON.parse(new TextDecoder().decode(await bytesOf(file.source))) as object);
  const { text_config: text = {} } = json as { text_config?: Record<string, unknown> };
  const id = (name: string, otherwise: number): number => {
    const value = text[name];
    return typeof value === "number" && Number.isSafeInteger(value) && value > 2 ? value : otherwise;
  };
  const vocabulary = id("vocab_size", 49_408);
  // An old `eos_token_id` of 2 stands for the last id.
  const end = id("eos_token_id", vocabulary - 1);
  return { vocabulary, end, start: id("bos_token_id", end - 1) };
}

function cosine(a: Float32Array, b: Float32Array | undefined): number {
  let [dot, ofA, ofB] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [a[at] ?? Number.NaN, b?.[at] ?? Number.NaN];
    dot += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return dot / Math.sqrt(ofA * ofB);
}
