// Runs in the tests' page and does with the package what a page would. What comes in and goes out is
// plain: the tests are in another process.

import * as ofa from "ofa";

let selector;
let running;
const events = [];

/** Files that are fetched at a time: a browser refuses to wait for thousands. */
const FETCHED_AT_A_TIME = 64;

/** The files that the server has below a path, with their paths from there. */
async function served(folder) {
  const paths = await (await fetch(`${folder}files.json`)).json();
  const files = [];
  while (files.length < paths.length) {
    const some = paths.slice(files.length, files.length + FETCHED_AT_A_TIME).map(async (path) => {
      const answer = await fetch(folder + path.split("/").map(encodeURIComponent).join("/"));
      return { path, source: new File([await answer.blob()], path.split("/").pop()) };
    });
    files.push(...(await Promise.all(some)));
  }
  return files;
}

/** A path on the server ends with `/` where it is a folder. */
const blob = async (path) => (await fetch(path)).blob();

/** Channels on which something is said when an event of a type comes. */
const tells = new Map();

/** What is told to `onEvent` and what a run gives, each once. */
function note(event) {
  if (!events.includes(event)) {
    events.push(event);
    tells.get(event.type)?.postMessage("now");
    tells.delete(event.type);
  }
}

async function options({ encoder, selector: file, ...others }) {
  const read = { ...stoppable(others), onEvent: note };
  if (encoder !== undefined) {
    read.encoder = encoder.files ? { files: await served(encoder.files) } : encoder;
  }
  if (file !== undefined) {
    read.selector = file.file ? await blob(file.file) : file;
  }
  return read;
}

let stop = new AbortController();

/** The same options with a signal that `abort` gives. */
function stoppable({ abort, ...others } = {}) {
  return abort ? { ...others, signal: stop.signal } : others;
}

function base64(buffer) {
  let text = "";
  const bytes = new Uint8Array(buffer);
  for (let from = 0; from < bytes.length; from += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(from, from + 0x8000));
  }
  return btoa(text);
}

const steps = {
  async create(asked = {}) {
    events.length = 0;
    selector = await ofa.Selector.create(await options(asked));
  },
  async dataset(folder, { data: named = ["data.json"], ...more } = {}) {
    const files = await served(folder);
    const images = files.filter(({ path }) => path.startsWith("images/"));
    const data = files.filter(({ path }) => named.includes(path));
    return selector.dataset(data, { ...(images.length > 0 ? { images } : {}), ...more });
  },
  /** Files that a person chose in an `<input>`. */
  async chosenFiles(name) {
    const { files } = document.querySelector(`input[name=${name}]`);
    return selector.dataset([...files]);
  },
  about: async () => selector.about,
  check: (asked) => selector.check(stoppable(asked)),
  measurePace: (asked) => selector.measurePace(asked),
  /** Runs to the end; what is thrown comes with what came before. Stops after the `nth` event of a type. */
  async run(asked = {}, stopAfter) {
    let left = stopAfter?.nth ?? 1;
    for await (const event of selector.run(stoppable(asked))) {
      note(event);
      if (event.type === stopAfter?.type && (left -= 1) === 0) {
        stopAfter.destroy ? await selector.destroy() : stop.abort();
      }
    }
  },
  /** Begins a run that `finished` waits for. */
  async begin(asked = {}) {
    running = steps.run(asked).then(
      () => undefined,
      (error) => error,
    );
  },
  async finished() {
    const error = await running;
    if (error) {
      throw error;
    }
  },
  async select(asked) {
    const { positions, manifest } = await selector.select(stoppable(asked));
    return { positions: [...positions], manifest };
  },
  async export(asked) {
    const { files } = await selector.export(asked);
    return Promise.all(files.map(async ({ name, blob: file }) => [name, base64(await file.arrayBuffer())]));
  },
  openFeatures: async (folder) => selector.openFeatures(await served(folder)),
  openScores: async (folder) => selector.openScores(await served(folder)),
  async scores() {
    const columns = await selector.scores();
    return Object.fromEntries(
      Object.entries(columns).map(([name, column]) => [name, ArrayBuffer.isView(column) ? [...column] : column]),
    );
  },
  record: (position) => selector.record(position),
  async image(position, nth) {
    const image = await selector.image(position, nth);
    return base64(image instanceof Blob ? await image.arrayBuffer() : image);
  },
  pause: async () => selector.pause(),
  resume: async () => selector.resume(),
  stored: async () => selector.stored(),
  deleteStored: async (id) => selector.deleteStored(id),
  storedEncoders: async () => selector.storedEncoders(),
  deleteStoredEncoder: async (id) => selector.deleteStoredEncoder(id),
  destroy: async () => selector.destroy(),
  abort: async () => {
    stop.abort();
    stop = new AbortController();
  },
  events: async () => events,
  /** Says so on a channel when the next event of a type comes. */
  async tellOnce(type, channel) {
    tells.set(type, new BroadcastChannel(channel));
  },
  /** Waits until so many records are encoded. */
  async reached(records) {
    while (!events.some((event) => event.type === "encoding" && event.records_done >= records)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
};

/** Does a step; an error comes back as what a page can tell of it. */
window.step = async (name, ...given) => {
  try {
    return { value: await steps[name](...given) };
  } catch (error) {
    const { name: kind, code, message, stack } = error;
    return { error: { kind, code, message, stack, isOfaError: error instanceof ofa.OfaError } };
  }
};
