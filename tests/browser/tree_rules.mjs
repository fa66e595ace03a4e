// What must hold in the accessibility tree of any page of this project. Each rule gives what breaks it.

import { ofRole, textOf, walk } from "./accessibility_tree.mjs";

/** The page has a title. */
export function titleProblems(tree) {
  return tree.name ? [] : ["the page has no title"];
}

/** One main part, at most one head and foot, a name for each other landmark, and no text outside. */
export function landmarkProblems(tree) {
  const problems = [];
  const count = (role) => ofRole(tree, role).length;
  if (count("main") !== 1) {
    problems.push(`${count("main")} main landmarks`);
  }
  for (const role of ["banner", "contentinfo"]) {
    if (count(role) > 1) {
      problems.push(`${count(role)} landmarks ${role}`);
    }
  }
  const named = ofRole(tree, "region", "navigation", "complementary", "form", "search");
  const names = named.map(({ role, name }) => `${role} ${name}`);
  named.filter(({ name }) => !name).forEach(({ role }) => problems.push(`a ${role} without a name`));
  names.filter((name, nth) => names.indexOf(name) < nth).forEach((name) => problems.push(`twice: ${name}`));
  const inside = ofRole(tree, "main", "banner", "contentinfo", "navigation", "complementary").flatMap(
    (landmark) => [...walk(landmark)],
  );
  ofRole(tree, "StaticText")
    .filter((text) => !inside.includes(text))
    .forEach(({ name }) => problems.push(`in no landmark: ${name}`));
  return problems;
}

/** Headings have texts, begin with the only one of level 1, and go no deeper than one level at a time. */
export function headingProblems(tree) {
  const headings = ofRole(tree, "heading");
  const problems = headings.filter(({ name }) => !name).map(() => "a heading without a text");
  const levels = headings.map(({ properties }) => properties.level);
  if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) {
    problems.push(`level 1 is not that of the first heading alone: ${levels}`);
  }
  headings.forEach(({ name }, nth) => {
    if (nth > 0 && levels[nth] > levels[nth - 1] + 1) {
      problems.push(`${name}: level ${levels[nth]} after level ${levels[nth - 1]}`);
    }
  });
  return problems;
}

/** The cells of each row of a table. */
export function rowsOf(table) {
  return ofRole(table, "row").map((row) => ofRole(row, "cell", "gridcell", "columnheader", "rowheader"));
}

/** Tables have names; each row is one of column headers or begins with its own; headers have texts. */
export function tableProblems(tree) {
  return ofRole(tree, "table", "LayoutTable", "grid").flatMap((table) => {
    const name = table.name || `a table without a name (${textOf(table).slice(0, 40)})`;
    const problems = [];
    if (!table.name) {
      problems.push(name);
    }
    if (table.role === "LayoutTable") {
      problems.push(`${name}: told as a means of layout`);
    }
    const rows = rowsOf(table);
    if (rows.length === 0) {
      problems.push(`${name}: no rows`);
    }
    rows.forEach((cells, nth) => {
      const isHead = cells.length > 0 && cells.every(({ role }) => role === "columnheader");
      if (!isHead && cells[0]?.role !== "rowheader") {
        problems.push(`${name}: row ${nth} has no header`);
      }
      if (cells.length !== rows[0].length) {
        problems.push(`${name}: row ${nth} has ${cells.length} cells, the first one ${rows[0].length}`);
      }
      const headers = cells.filter(({ role }) => role.endsWith("header"));
      headers.filter(({ name }) => !name).forEach(() => problems.push(`${name}: row ${nth}: an empty header`));
      const heads = headers.filter(({ role }) => role === "columnheader").map(({ name }) => name);
      heads
        .filter((head, at) => heads.indexOf(head) < at)
        .forEach((head) => problems.push(`${name}: two columns are called ${head}`));
    });
    return problems;
  });
}

/** Images and figures have names, and an image's name is all that is read of it. */
export function imageProblems(tree) {
  const images = ofRole(tree, "image", "img", "figure", "SvgRoot", "Canvas", "graphics-document");
  return images.flatMap((image) => {
    const problems = image.name ? [] : [`a nameless ${image.role}`];
    if (image.role !== "figure" && textOf(image)) {
      problems.push(`${image.name}: parts of the image are read: ${textOf(image)}`);
    }
    return problems;
  });
}

const CONTROLS = [
  "link", "button", "DisclosureTriangle", "checkbox", "radio", "switch", "textbox", "searchbox", "spinbutton",
  "slider", "combobox", "listbox", "option", "menuitem", "tab", "progressbar", "meter",
];

/** Whatever is operated or can have the focus has a name of its own. */
export function controlProblems(tree) {
  const nodes = [...walk(tree)].filter(
    (node) => node !== tree && (CONTROLS.includes(node.role) || node.properties.focusable),
  );
  const problems = nodes.filter(({ name }) => !name).map(({ role }) => `a nameless ${role}`);
  const names = nodes.filter(({ name }) => name).map(({ role, name }) => `${role} ${name}`);
  return problems.concat(
    names.filter((name, nth) => names.indexOf(name) < nth).map((name) => `two are called ${name}`),
  );
}
