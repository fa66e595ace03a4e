import { render } from "solid-js/web";

// Before everything else: a component's own style comes after that of all elements.
import "./design/tokens.css";
import "./design/base.css";
import "./app.css";
import { App } from "./app";

const root = document.getElementById("app");
if (root === null) {
  throw new Error("the page has no element #app");
}
render(() => <App />, root);
