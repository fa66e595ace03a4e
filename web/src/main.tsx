import { render } from "solid-js/web";

import { App } from "./app";
import "./design/tokens.css";
import "./design/base.css";
import "./app.css";

const root = document.getElementById("app");
if (root === null) {
  throw new Error("the page has no element #app");
}
render(() => <App />, root);
