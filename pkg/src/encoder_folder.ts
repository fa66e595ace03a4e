// The encoder's own files among those that were given.

import { nameOf, type SourceFile } from "./input_files.js";

const CONFIG = "config.json";

/**
 * A file of the encoder's folder, where it is there: the folder of the `config.json` that lies the least deep,
 * which is the one that the modules take.
 */
export function encoderFile(files: SourceFile[], name: string): SourceFile | undefined {
  const configs = files.map(({ path }) => path).filter((path) => nameOf(path) === CONFIG);
  const depth = (path: string): number => path.split("/").length;
  const [config] = configs.sort((one, other) => depth(one) - depth(other));
  if (config === undefined) {
    return undefined;
  }
  const wanted = config.slice(0, config.length - CONFIG.length) + name;
  return files.find(({ path }) => path === wanted);
}
