// The accessibility tree: what Chromium tells a screen reader of a page.

/**
 * A node as it is told.
 * @typedef {{role: string, name: string, description: string, properties: Record<string, unknown>,
 *   children: Node[]}} Node
 */

/**
 * Reads the tree of a page. Nodes that are not told are left out, and their children take their place.
 * @returns {Promise<Node>}
 */
export async function accessibilityTree(page) {
  const session = await page.context().newCDPSession(page);
  try {
    await session.send("Accessibility.enable");
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const byId = new Map(nodes.map((node) => [node.nodeId, node]));
    const told = (id) => {
      const node = byId.get(id);
      const children = (node?.childIds ?? []).flatMap(told);
      // A line of a text says again what the text says.
      if (!node || node.ignored || node.role.value === "InlineTextBox") {
        return children;
      }
      const properties = Object.fromEntries(
        (node.properties ?? []).map(({ name, value }) => [name, value.value]),
      );
      const text = (field) => (field?.value ?? "").trim();
      const { role, name, description } = node;
      return [
        { role: role.value, name: text(name), description: text(description), properties, children },
      ];
    };
    return told(nodes[0].nodeId)[0];
  } finally {
    await session.detach();
  }
}

/** All nodes below one, in reading order, itself first. */
export function* walk(node) {
  yield node;
  for (const child of node.children) {
    yield* walk(child);
  }
}

/** The nodes of one of some roles. */
export function ofRole(node, ...roles) {
  return [...walk(node)].filter(({ role }) => roles.includes(role));
}

/** What is read out of a node: its texts in their order. */
export function textOf(node) {
  return ofRole(node, "StaticText")
    .map(({ name }) => name)
    .join(" ")
    .replace(/\s+/g, " ");
}
