// A folder in Hugging Face layout, as its makers published it: which files it has is found out by
// asking for them.

import { OfaError, wordsOf } from "../errors.js";
import { fileAddress, isPlainName, shown } from "./address.js";
import { totalOf, validatorOf } from "./download.js";
import type { StoredFile } from "./record.js";
import { Transient, ask, discard, isAbsent, isPage, pageInstead, persistently, refusal } from "./request.js";

const CONFIG = "config.json";

/** Weights in one file. */
export const WEIGHTS = "model.safetensors";
const WEIGHTS_INDEX = "model.safetensors.index.json";

/** Small files by their names, fetched. */
export type SmallFiles = Map<string, Uint8Array<ArrayBuffer>>;

/**
 * Fetches the files of an encoder but for its weights.
 *
 * @throws OfaError `bad_encoder`: a file that an encoder needs is missing; `download_failed`.
 */
export async function smallFiles(folder: URL, signal: AbortSignal | undefined): Promise<SmallFiles> {
  const small: SmallFiles = new Map();
  const take = async (name: string): Promise<boolean> => {
    const bytes = await fetchSmall(fileAddress(folder, name), signal);
    if (bytes === "page" && name === CONFIG) {
      throw pageInstead(fileAddress(folder, name));
    }
    if (typeof bytes === "string") {
      return false;
    }
    small.set(name, bytes);
    return true;
  };
  if (!(await take(CONFIG))) {
    throw missing(folder, CONFIG);
  }
  // In transformers 5 the processor's file has what was in the preprocessor's; before, it had
  // nothing of images, so both are taken.
  const [older, newer] = [await take("preprocessor_config.json"), await take("processor_config.json")];
  if (!older && !newer) {
    throw missing(folder, "preprocessor_config.json (or processor_config.json)");
  }
  if (!(await take("tokenizer.json"))) {
    if (!(await take("vocab.json")) || !(await take("merges.txt"))) {
      throw missing(folder, "tokenizer.json (or vocab.json with merges.txt)");
    }
  }
  await take("tokenizer_config.json");
  await take("special_tokens_map.json");

  return small;
}

/**
 * The shards of a folder that has no single file of weights, and their index.
 *
 * @throws OfaError `bad_encoder`: there is no index, or a shard is missing; `download_failed`.
 */
export async function shards(
  folder: URL,
  signal: AbortSignal | undefined,
): Promise<{ index: [string, Uint8Array<ArrayBuffer>]; files: StoredFile[] }> {
  const address = fileAddress(folder, WEIGHTS_INDEX);
  const index = await fetchSmall(address, signal);
  if (typeof index === "string") {
    throw missing(
      folder,
      `${WEIGHTS} (or ${WEIGHTS_INDEX} with its shards; PyTorch weights are converted by \`ofa pull\`)`,
    );
  }
  const files: StoredFile[] = [];
  for (const name of shardNames(index, shown(address))) {
    const shard = await probe(folder, name, signal);
    if (shard === undefined) {
      throw missing(folder, `${name}, which ${WEIGHTS_INDEX} names,`);
    }
    files.push(shard);
  }
  return { index: [WEIGHTS_INDEX, index], files };
}

function missing(folder: URL, what: string): OfaError {
  return new OfaError(
    "bad_encoder",
    `${shown(folder)}: expected a folder with a CLIP in Hugging Face layout, or one that \`ofa export-encoder\` ` +
      `wrote; ${what} is not there`,
  );
}

/** The bytes of a small file; or that there is none, or that a page came in its place. */
export async function fetchSmall(
  address: URL,
  signal: AbortSignal | undefined,
  isAlsoAbsent: (response: Response) => boolean = () => false,
): Promise<Uint8Array<ArrayBuffer> | "absent" | "page"> {
  return persistently(signal, async () => {
    const response = await ask(address, signal);
    // What servers of single-page applications give for a file that is not there.
    if (isPage(response)) {
      await discard(response);
      return "page";
    }
    if (isAbsent(response) || isAlsoAbsent(response)) {
      await discard(response);
      return "absent";
    }
    if (response.status !== 200) {
      await discard(response);
      throw refusal(address, response);
    }
    try {
      return new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      signal?.throwIfAborted();
      throw new Transient(
        new OfaError("download_failed", `${shown(address)}: broke off (${wordsOf(cause)}); try again`, { cause }),
      );
    }
  });
}

/** Asks for the first bytes of a shard, to learn whether it is there and how long it is. */
async function probe(folder: URL, name: string, signal: AbortSignal | undefined): Promise<StoredFile | undefined> {
  const address = fileAddress(folder, name);
  return persistently(signal, async () => {
    const response = await ask(address, signal, "bytes=0-7");
    await discard(response);
    if (isAbsent(response) || isPage(response)) {
      return undefined;
    }
    if (response.status !== 206 && response.status !== 200) {
      throw refusal(address, response);
    }
    const [bytes, validator] = [totalOf(response), validatorOf(response)];
    return {
      name,
      ...(bytes === undefined ? {} : { bytes }),
      ...(validator === undefined ? {} : { validator }),
      whole: false,
    };
  });
}

function shardNames(index: Uint8Array, where: string): string[] {
  let map: unknown;
  try {
    map = (JSON.parse(new TextDecoder().decode(index)) as { weight_map?: unknown } | null)?.weight_map;
  } catch (cause) {
    throw new OfaError("bad_encoder", `${where}: cannot be read as JSON: ${wordsOf(cause)}`, { cause });
  }
  const names = typeof map === "object" && map !== null ? [...new Set(Object.values(map))] : [];
  const bad = names.find((name) => !isPlainName(name));
  if (names.length === 0 || bad !== undefined) {
    throw new OfaError(
      "bad_encoder",
      `${where}: weight_map: expected names of tensors with the files beside it, found ${JSON.stringify(bad ?? map) ?? "nothing"}`,
    );
  }
  return (names as string[]).sort();
}
