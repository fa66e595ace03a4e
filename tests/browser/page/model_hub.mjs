// The model hub where there is no network: its hosts are answered for, as the hub answers, from a folder of this machine.

import { openAnswer } from "../served_file.mjs";

/** The hub, and the host of its files to which it sends whoever asks for weights. */
export const HUB = "huggingface.co";
export const HUB_FILES = "cas-bridge.xethub.hf.co";

/** The model that the page offers to download, and where its files are. */
export const MODEL = "openai/clip-vit-base-patch32";
export const MODEL_FILES = `/${MODEL}/resolve/refs%2Fpr%2F15/`;

const WEIGHTS = "model.safetensors";

/** Pages of every origin may read the answers, and these headers of them. */
const FOR_ALL_ORIGINS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "ETag,Accept-Ranges,Content-Range",
};

/**
 * Answers for the hub.
 * @param way the way of the browser
 * @param {string} folder what the model's files are
 */
export function standInForHub(way, folder) {
  let isToGoOn = Promise.resolve();
  const ofHub = new Map([[MODEL_FILES, folder]]);
  const ofFiles = new Map([["/weights/", folder]]);

  const open = ({ method, headers }, places, path) => openAnswer(places, { method, path }, headers);

  way.standInFor(HUB, async (request, response, { pathname }) => {
    if (pathname === MODEL_FILES + WEIGHTS) {
      response.writeHead(302, { ...FOR_ALL_ORIGINS, location: `https://${HUB_FILES}/weights/${WEIGHTS}?signed=yes` });
      response.end();
      return;
    }
    const { status, headers, bytes } = await open(request, ofHub, pathname);
    response.writeHead(status, { ...headers, ...FOR_ALL_ORIGINS, "content-length": bytes.length });
    response.end(bytes);
  });
  way.standInFor(HUB_FILES, async (request, response, { pathname }) => {
    const { status, headers, bytes } = await open(request, ofFiles, pathname);
    response.writeHead(status, { ...headers, ...FOR_ALL_ORIGINS, "content-length": bytes.length });
    const half = bytes.length >> 1;
    response.write(bytes.subarray(0, half));
    await isToGoOn;
    response.end(bytes.subarray(half));
  });
  return {
    /** Lets weights come no farther than halfway until what is returned is called. */
    holdWeights: () => {
      let goOn;
      isToGoOn = new Promise((resolve) => (goOn = resolve));
      return goOn;
    },
  };
}
