// Weights of an encoder in the browser: from an address into the origin's own storage.

export { folderAddress } from "./address.js";
export {
  fetchEncoder,
  type EncoderAddress,
  type FetchEncoderOptions,
  type FetchedEncoder,
} from "./fetch_encoder.js";
export { deleteStoredEncoder, storedEncoders, type StoredEncoder } from "./kept.js";
export type { StorageKind } from "./storage.js";
