// What the benchmark is told on its command line.

import { cpus } from "node:os";
import { parseArgs } from "node:util";

const PARTS = ["cpu", "webgpu", "ready", "decode"];

const HELP = `Usage: cargo xtask bench --web [OPTIONS]

  --only PARTS        of ${PARTS.join(", ")}; without it all but webgpu
  --webgpu ADAPTER    measures WebGPU too: \`hardware\`, the machine's GPU, or \`software\`, SwiftShader, with
                      batches of one and a call each (minutes)
  --size SIZE         vit_b_32 (the default), or \`small\`, which says nothing and shows that all works
  --workers N         workers, and threads of the reference; as many as there are cores (${cpus().length})
  --batch N           images or texts of a call (8; on a hardware GPU 32)
  --seconds N         of each measurement (2)
  --rounds N          measurements of each library, by turns (3)
  --json FILE         writes the raw numbers
`;

/** The options, checked; prints what there are and leaves where that is asked for. */
export function readOptions(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      only: { type: "string" },
      webgpu: { type: "string" },
      size: { type: "string", default: "vit_b_32" },
      workers: { type: "string", default: `${cpus().length}` },
      batch: { type: "string" },
      seconds: { type: "string", default: "2" },
      rounds: { type: "string", default: "3" },
      json: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const webgpu = oneOf("--webgpu", values.webgpu, ["hardware", "software"]);
  const usual = PARTS.filter((part) => part !== "webgpu" || webgpu);
  const only = values.only?.split(",") ?? usual;
  only.forEach((part) => oneOf("--only", part, PARTS));
  if (only.includes("webgpu") && !webgpu) {
    throw new Error("--only webgpu: say with --webgpu on which adapter");
  }
  return {
    parts: new Set(only),
    webgpu,
    size: oneOf("--size", values.size, ["vit_b_32", "small"]),
    workers: count("--workers", values.workers),
    batch: values.batch === undefined ? undefined : count("--batch", values.batch),
    seconds: count("--seconds", values.seconds),
    rounds: count("--rounds", values.rounds),
    json: values.json,
  };
}

function oneOf(name, value, known) {
  if (value !== undefined && !known.includes(value)) {
    throw new Error(`${name}: expected ${known.join(" or ")}, found ${value}`);
  }
  return value;
}

function count(name, value) {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) {
    throw new Error(`${name}: expected a whole number from 1, found ${value}`);
  }
  return number;
}
