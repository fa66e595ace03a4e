// A model's files, as somebody would drop them on a page.

const NAMES = ["config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors"];

/** The files of the folder at an address. */
export function modelFiles(address, names = NAMES) {
  return Promise.all(
    names.map(async (path) => {
      const answer = await fetch(address + path);
      if (!answer.ok) {
        throw new Error(`${address}${path}: status ${answer.status}`);
      }
      return { path, source: await answer.blob() };
    }),
  );
}
