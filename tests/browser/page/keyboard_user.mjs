// Somebody who has a keyboard and no pointer.

/** Stops of the Tab key after which something is held to be out of reach. */
const PATIENCE = 400;

/** Walks through a page by Tab, and notes every stop that cannot be seen. */
export class KeyboardUser {
  constructor(page) {
    this.page = page;
    /** Stops whose focus is not seen. */
    this.unseen = [];
  }

  /** Goes on to what has a name; fails where Tab does not lead there. */
  async goTo(name) {
    const seen = [];
    for (let stop = 0; stop < PATIENCE; stop += 1) {
      await this.page.keyboard.press("Tab");
      const { name: here, isSeen } = await this.page.evaluate(whereFocusIs);
      if (!isSeen) {
        this.unseen.push(here);
      }
      if (typeof name === "string" ? here === name : name.test(here)) {
        return;
      }
      seen.push(here);
    }
    throw new Error(`Tab does not lead to ${name}, but to ${[...new Set(seen)].join(", ")}`);
  }

  /** Goes to a button and presses it. */
  async press(name) {
    await this.goTo(name);
    await this.page.keyboard.press("Enter");
  }
}

/** Run in the page: the name of what has the focus, and whether that can be seen. */
function whereFocusIs() {
  const element = document.activeElement;
  if (!element || element === document.body) {
    return { name: "the page itself", isSeen: true };
  }
  const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.innerText ?? element.innerText;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { left, top, right, bottom, width } = element.getBoundingClientRect();
  // Of what is out of sight on purpose, such as a field behind its button, another part shows the focus.
  const middle = document.elementFromPoint((left + right) / 2, Math.max(1, Math.min(innerHeight - 1, (top + bottom) / 2)));
  const isInSight = bottom > 0 && top < innerHeight && (width <= 1 || element.contains(middle) || middle?.contains(element));
  const hasOutline = outlineStyle !== "none" && outlineWidth !== "0px";
  return { name: (label ?? "").trim().replace(/\s+/g, " "), isSeen: isInSight && hasOutline };
}
