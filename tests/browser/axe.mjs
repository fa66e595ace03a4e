// axe-core's rules: WCAG 2.2 A and AA, and what it calls best practice.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/**
 * Where axe cannot tell a contrast that its other readings tell: a sign that is no letter, and text that is partly
 * scrolled out of sight.
 */
const UNTOLD = ["nonBmp", "elmPartiallyObscured"];

/**
 * What axe finds in a page, and what it cannot tell, except for the texts of drawings, whose contrast
 * `contrast.mjs` measures.
 */
export async function axeProblems(page) {
  // Not as a script of the page, which its policy would not run.
  await page.evaluate(SOURCE);
  const { violations, incomplete } = await page.evaluate(
    (values) => window.axe.run(document, { runOnly: { type: "tag", values } }),
    TAGS,
  );
  const why = ({ any }) => any.flatMap(({ data }) => data?.messageKey ?? []).join(" ");
  const said = ({ id, help, nodes }) =>
    nodes.map((node) => [id, help, node.target.join(" "), why(node)].filter(Boolean).join(": "));
  const isDrawing = ({ html }) => html.startsWith("<text");
  const isUntold = (node) => node.any.some(({ data }) => UNTOLD.includes(data?.messageKey));
  const untold = incomplete.map((rule) => ({
    ...rule,
    nodes: rule.nodes.filter((node) => rule.id !== "color-contrast" || !(isDrawing(node) || isUntold(node))),
  }));
  return [...violations.flatMap(said), ...untold.flatMap(said).map((words) => `cannot tell: ${words}`)];
}
