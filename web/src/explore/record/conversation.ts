// A record as a conversation, whatever format it is in.

/** Who speaks: one of the three that every format knows, or a name of its own. */
export type Speaker = "human" | "assistant" | "system" | (string & {});

/** A turn. */
export interface Turn {
  speaker: Speaker;
  text: string;
}

/** A record, taken apart. */
export interface ParsedRecord {
  id: string | undefined;
  turns: Turn[];
  /** Everything else, as it stands; `undefined` where the record is no JSON object. */
  rest: Record<string, unknown> | undefined;
}

const HUMAN = ["human", "user"];
const ASSISTANT = ["gpt", "assistant", "model", "bot", "chatgpt", "bard", "bing"];
const PLAIN_QUESTIONS = ["instruction", "question", "query", "prompt", "text", "input"];
const PLAIN_ANSWERS = ["output", "response", "answer", "answers", "caption", "captions"];

/**
 * Takes a record apart: turns under `conversations` or `messages` (`from`/`value` or `role`/`content`, whose content may
 * be a list of parts), pairs under `texts` (`user`/`assistant`), and otherwise the fields that carry plain text.
 */
export function parseRecord(text: string): ParsedRecord {
  const record = asObject(parsed(text));
  if (record === undefined) {
    return { id: undefined, turns: [{ speaker: "human", text }], rest: undefined };
  }
  const { id, ...rest } = record;
  for (const key of ["conversations", "messages", "texts"]) {
    const turns = turnsUnder(record[key]);
    if (turns.length > 0) {
      delete rest[key];
      return { id: named(id), turns, rest };
    }
  }
  const turns: Turn[] = [];
  for (const [keys, speaker] of [[["system"], "system"], [PLAIN_QUESTIONS, "human"], [PLAIN_ANSWERS, "assistant"]] as const) {
    for (const key of keys) {
      const text = textOf(record[key]);
      if (text !== "") {
        turns.push({ speaker, text });
        delete rest[key];
      }
    }
  }
  return { id: named(id), turns, rest };
}

/** The first words of what a record asks. */
export function excerptOf(text: string): string {
  const { turns } = parseRecord(text);
  const first = turns.find(({ speaker }) => speaker === "human") ?? turns[0];
  return (first?.text ?? "").replaceAll(/<(?:image|img)>/gu, "").trim().slice(0, 240);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function turnsUnder(value: unknown): Turn[] {
  if (!Array.isArray(value)) {
    return [];
  }
  return value.flatMap((item): Turn[] => {
    const turn = asObject(item);
    if (turn === undefined) {
      return [];
    }
    const speaker = named(turn["from"]) ?? named(turn["role"]);
    if (speaker !== undefined) {
      return [{ speaker: speakerOf(speaker), text: textOf(turn["value"]) || textOf(turn["content"]) }];
    }
    return (["system", "user", "assistant"] as const)
      .map((key) => ({ speaker: speakerOf(key), text: textOf(turn[key]) }))
      .filter(({ text }) => text !== "");
  });
}

function speakerOf(name: string): Speaker {
  const lower = name.toLowerCase();
  return HUMAN.includes(lower) ? "human" : ASSISTANT.includes(lower) ? "assistant" : lower === "system" ? "system" : name;
}

/** A text, or a list of parts as theirs, a line each; an image among the parts is named as one. */
function textOf(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") {
    return String(value);
  }
  if (Array.isArray(value)) {
    return value.map(textOf).filter((text) => text !== "").join("\n");
  }
  const part = asObject(value);
  if (part === undefined) {
    return "";
  }
  const isImage = typeof part["type"] === "string" && part["type"].startsWith("image");
  return isImage ? "<image>" : textOf(part["text"]);
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

function named(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
}
