// What the package says by a code, in the page's words.

/** A sentence for each code of a union. What comes with a code goes into its sentence. */
export type Sentences<U extends { code: string }> = {
  readonly [C in U["code"]]: (of: Extract<U, { code: C }>) => string;
};

/** The page's sentence for a code; the package's own words where the code is newer than the page. */
export function byCode<U extends { code: string }>(sentences: Sentences<U>, of: U | undefined, words: string): string {
  const sentence = of === undefined ? undefined : (sentences as Readonly<Record<string, unknown>>)[of.code];
  return typeof sentence === "function" ? (sentence as (of: U | undefined) => string)(of) : words;
}

/** The page's word for a name; `otherwise` where the name is newer than the page. */
export function byName(words: Readonly<Record<string, string>>, name: string, otherwise: string): string {
  return words[name] ?? otherwise;
}
