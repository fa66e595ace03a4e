// Every export of the package says what it is, and so does every part of it that has a name.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, it } from "node:test";

import { PACKAGE } from "./package_in_node.mjs";

const ts = createRequire(join(PACKAGE, "package.json"))("typescript");

/** The exports of declaration files, and the properties and methods of each, that nothing is said of. */
function undocumented(entry) {
  const program = ts.createProgram([entry], {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    skipLibCheck: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
  });
  const checker = program.getTypeChecker();
  const isBare = (symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() === "";
  const found = { bare: [], all: 0 };
  const look = (symbol, name) => {
    found.all += 1;
    if (isBare(symbol)) {
      found.bare.push(name);
    }
  };
  const isHidden = (member) =>
    (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0 || ts.isPrivateIdentifier(member.name);
  /** The word by which the members of a union are told apart says what it is itself. */
  const isDiscriminant = (member) =>
    ts.isPropertySignature(member) && member.name.getText() === "type" && member.type !== undefined && ts.isLiteralTypeNode(member.type);
  for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)))) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    look(symbol, exported.name);
    for (const declaration of symbol.declarations ?? []) {
      for (const member of declaration.members ?? []) {
        if (member.name !== undefined && !isHidden(member) && !isDiscriminant(member)) {
          look(checker.getSymbolAtLocation(member.name), `${exported.name}.${member.name.getText()}`);
        }
      }
    }
  }
  return found;
}

describe("the package's declarations", () => {
  it("say what every export is, and every property and method of it", () => {
    const { bare, all } = undocumented(join(PACKAGE, "dist/index.d.ts"));
    assert.ok(all > 300, `only ${all} were looked at`);
    assert.deepEqual(bare, []);
  });
});
