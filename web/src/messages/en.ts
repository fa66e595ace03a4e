// Every word of the page, in English. Another language is another file of this shape.

import type { Stage } from "ofa";

/** Numbers as people read them. */
const number = new Intl.NumberFormat("en");
const share = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

const count = (n: number, one: string, many: string): string => `${number.format(n)} ${n === 1 ? one : many}`;

export const en = {
  number: (n: number): string => number.format(n),
  share: (part: number): string => share.format(part),
  records: (n: number): string => count(n, "record", "records"),
  files: (n: number): string => count(n, "file", "files"),
  app: {
    title: "ofa",
    claim: "Choose which multimodal instruction data is worth training on.",
    local: "Everything happens on this machine. Nothing is uploaded.",
    skip: "Skip to the content",
    steps: { data: "Data", run: "Run", explore: "Explore", take: "Take away" },
    problem: "Something went wrong",
    dismiss: "Dismiss",
  },
  stages: {
    module: "Loading the program",
    downloading: "Fetching the encoder",
    encoder: "Reading the encoder",
    backend: "Looking for a GPU",
    weights: "Loading the weights",
    programs: "Compiling for the GPU",
    "self-check": "Comparing the GPU's results with the CPU's",
    check: "Looking through the dataset",
    encode: "Encoding",
    score: "Scoring",
  } satisfies Record<Stage, string>,
};

/** What a language has to say. */
export type Messages = typeof en;
