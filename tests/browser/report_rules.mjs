// What must hold for a report of a subset, beside what holds for any page.

import { accessibilityTree, ofRole, textOf, walk } from "./accessibility_tree.mjs";
import { axeProblems } from "./axe.mjs";
import { drawingProblems } from "./contrast.mjs";
import { languageProblems, widthProblems } from "./look_rules.mjs";
import { unfold } from "./opened_page.mjs";
import * as rules from "./tree_rules.mjs";

const number = (text) => Number(text.replaceAll(",", ""));

/** The first thing that is read after the title are the counts; the first table has them too. */
function countProblems(tree, manifest) {
  const nodes = [...walk(tree)];
  const lead = nodes.slice(nodes.findIndex(({ role }) => role === "heading")).find(({ role }) => role === "paragraph");
  const counts = (lead ? textOf(lead) : "").match(/[\d,]+/g) ?? [];
  const problems = [];
  const found = counts.slice(0, 2).map(number);
  if (found[0] !== manifest.written || found[1] !== manifest.records) {
    problems.push(`the first paragraph has ${found}, not ${manifest.written} of ${manifest.records}`);
  }
  const [table] = ofRole(tree, "table");
  const rows = table ? rules.rowsOf(table) : [];
  for (const [name, count] of [["scored and chosen", manifest.chosen], ["all records", manifest.records]]) {
    const row = rows.find(([header]) => header.name === name);
    if (!row || number(row[1].name) !== count) {
      problems.push(`${name}: the first table does not say ${count}`);
    }
  }
  return problems;
}

/** Each figure has an image, words about it, and a table with the number of every shape that is drawn. */
async function chartProblems(page, tree) {
  const drawn = await page.evaluate(() =>
    [...document.querySelectorAll("figure")].map((figure) => {
      const values = (series) =>
        [...figure.querySelectorAll(`[data-series="${series}"]`)].map((shape) => Number(shape.dataset.value));
      return { chosen: values("chosen"), leftOut: values("left-out") };
    }),
  );
  const figures = ofRole(tree, "figure");
  if (figures.length !== drawn.length || figures.length === 0) {
    return [`${drawn.length} figures, of which ${figures.length} are told`];
  }
  return figures.flatMap((figure, nth) => {
    const problems = [];
    if (ofRole(figure, "image", "img").length !== 1) {
      problems.push(`${figure.name}: not one image`);
    }
    if (ofRole(figure, "Figcaption").every((caption) => !textOf(caption))) {
      problems.push(`${figure.name}: no words`);
    }
    const [head, ...rows] = ofRole(figure, "table").flatMap(rules.rowsOf);
    const column = (name) => {
      const at = head?.findIndex((cell) => cell.name === name) ?? -1;
      return rows.filter(([header]) => header.name !== "all").map((cells) => number(cells[at]?.name ?? ""));
    };
    const { chosen, leftOut } = drawn[nth];
    const pool = chosen.map((count, bar) => count + leftOut[bar]);
    for (const [name, shapes] of [["Pool", pool], ["Subset", chosen]]) {
      if (shapes.length === 0 || `${column(name)}` !== `${shapes}`) {
        problems.push(`${figure.name}: ${name} is drawn as ${shapes} and told as ${column(name)}`);
      }
    }
    return problems;
  });
}

/** Every rule: what breaks it in a report that was opened, read before and after it was unfolded. */
const RULES = {
  language: ({ page }) => languageProblems(page),
  title: ({ tree }) => rules.titleProblems(tree),
  landmarks: ({ tree }) => rules.landmarkProblems(tree),
  headings: ({ tree }) => rules.headingProblems(tree),
  tables: ({ tree }) => rules.tableProblems(tree),
  images: ({ tree }) => rules.imageProblems(tree),
  controls: ({ folded, tree, shut }) => [
    ...new Set([...rules.controlProblems(folded), ...rules.controlProblems(tree), ...shut]),
  ],
  counts: ({ folded, manifest }) => countProblems(folded, manifest),
  charts: ({ page, tree }) => chartProblems(page, tree),
  drawings: ({ page }) => drawingProblems(page),
  width: ({ page, width }) => widthProblems(page, width),
  axe: ({ page }) => axeProblems(page),
  // Last, when everything had its time.
  requests: ({ requests }) => requests,
  errors: ({ errors }) => errors,
};

export const RULE_NAMES = Object.keys(RULES);

/**
 * What is wrong with an opened report, by the rule that it breaks: all rules, or those that are named.
 * @returns {Promise<Record<string, string[]>>}
 */
export async function reportProblems(opened, manifest, names = RULE_NAMES) {
  const { page } = opened;
  const folded = await accessibilityTree(page);
  const shut = await unfold(page);
  const tree = await accessibilityTree(page);
  const broken = {};
  for (const name of names) {
    const problems = await RULES[name]({ ...opened, manifest, folded, shut, tree });
    if (problems.length > 0) {
      broken[name] = problems;
    }
  }
  return broken;
}
