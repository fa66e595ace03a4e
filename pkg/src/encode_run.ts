// Encoding a dataset into a feature store: the store, the workers, and the loop of the module between them.

import { IMAGE_BATCH, TEXT_TOKENS, type EncoderPool } from "./encoder_pool.js";
import type { OpenEncoder } from "./encoder_source.js";
import { abortedBy, OfaError } from "./errors.js";
import type { Backend, MultiImage, OfaEvent, StoreManifest } from "./events.js";
import type { FeatureFiles } from "./feature_files.js";
import type { Pace } from "./pace.js";
import type { DatasetInfo } from "./results.js";
import { openFeatureStore } from "./storage/feature_store.js";
import type { FeatureStorage } from "./storage/store.js";
import type { JsDecoder, JsTowers, PipelineModule, WasmDataset } from "./wasm_module.js";

/** Most bytes of computed embeddings that are kept beside the store while it is made. */
const CACHE_BYTES = { opfs: 512_000_000, memory: 64_000_000 };

/** With this file a store is finished. */
const MANIFEST = "manifest.json";

/** What is encoded, with what, and who is told. */
export interface EncodeTask {
  module: PipelineModule;
  dataset: WasmDataset;
  info: DatasetInfo;
  encoder: OpenEncoder;
  /** Where it is meant to run; `pool` says where it does. */
  backend: Backend;
  multiImage: MultiImage;
  /** Records that a shard covers. */
  shardRecords: number;
  storage: "auto" | "memory";
  pace: Pace;
  emit(event: OfaEvent): void;
  signal: AbortSignal;
  /** The encoder's workers, started when they are needed. */
  pool(): Promise<EncoderPool>;
}

/**
 * Encodes, or goes on where an earlier run stopped; a store that is finished is taken as it is, and no
 * worker is started.
 *
 * @throws OfaError `aborted`, `store_in_use`, `storage_full`, `changed` and whatever the workers met.
 * What was done up to the last whole shard stays.
 */
export async function encodeDataset(task: EncodeTask): Promise<FeatureFiles> {
  const { module, dataset, info, encoder, multiImage, shardRecords, emit, signal } = task;
  const { fingerprint, embeddingDim, settings } = encoder.description;
  const origin = { dataset: info.fingerprint, encoder: fingerprint, settings, multiImage, shardRecords };
  // Two embeddings of f16 values and a position for each record.
  const expectedBytes = info.records * (4 * embeddingDim + 8);
  const { storage, id } = await openFeatureStore(info, origin, task.storage, expectedBytes, emit);
  // Only this run's: a pool outlasts it.
  let pool: EncoderPool | undefined;
  const cancel = (): void => pool?.cancel(abortedBy(signal));
  signal.addEventListener("abort", cancel, { once: true });
  try {
    let isTold = false;
    const started = async (): Promise<EncoderPool> => {
      pool = await task.pool();
      if (signal.aborted) {
        throw abortedBy(signal);
      }
      return pool;
    };
    if (storage.length(MANIFEST) === undefined) {
      await started();
    }
    const backend = pool?.backend ?? task.backend;
    emit({ type: "stage", stage: "encode" });
    await module.encode(
      dataset,
      encoder.info,
      storage,
      towersOf(embeddingDim, started),
      decoderOf(started),
      {
        imageBatch: IMAGE_BATCH[backend],
        textTokens: TEXT_TOKENS,
        shardRecords,
        cacheBytes: CACHE_BYTES[storage.kind],
        multiImage,
        backend: `web-${backend}`,
        ahead: IMAGE_BATCH[backend],
      },
      async (event) => {
        // First to the disk, then told: what is said to be kept is kept.
        await storage.flush();
        isTold ||= event.type === "encoded";
        emit(event);
        await task.pace.next(signal);
        return true;
      },
    );
    await storage.flush();
    if (!isTold) {
      emit({ type: "encoded", ...manifestOf(storage) });
    }
    return { name: info.name, files: storage.files(), ...(id === undefined ? {} : { id }) };
  } catch (error) {
    throw signal.aborted ? abortedBy(signal) : error;
  } finally {
    signal.removeEventListener("abort", cancel);
    storage.close();
  }
}

function towersOf(dim: number, pool: () => Promise<EncoderPool>): JsTowers {
  return {
    dim,
    embedImages: async (pixelValues, count) => (await pool()).embedImages(pixelValues, count),
    embedTexts: async (inputIds, lengths) => (await pool()).embedTexts(inputIds, lengths),
  };
}

function decoderOf(pool: () => Promise<EncoderPool>): JsDecoder {
  return { pixelValues: async (bytes) => (await pool()).pixelValues(bytes) };
}

/** The manifest of a store that was finished already. */
function manifestOf(storage: FeatureStorage): StoreManifest {
  const length = storage.length(MANIFEST);
  if (length === undefined) {
    throw new OfaError("internal", `${storage.location}: a store that is finished has no manifest.json`);
  }
  return JSON.parse(new TextDecoder().decode(storage.read(MANIFEST, 0, length))) as StoreManifest;
}
