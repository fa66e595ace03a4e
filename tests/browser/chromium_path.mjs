// Where this system has Chromium. Run as a program it prints the path, or says what is missing and fails.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { argv, env, platform } from "node:process";
import { pathToFileURL } from "node:url";

/** Where installers put Chromium or Chrome. */
function usualPaths() {
  switch (platform) {
    case "darwin":
      return ["Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome"].flatMap(
        (path) => [join("/Applications", path), join(env.HOME ?? "/", "Applications", path)],
      );
    case "win32":
      return [env.LOCALAPPDATA, env.PROGRAMFILES, env["PROGRAMFILES(X86)"]]
        .filter(Boolean)
        .flatMap((folder) =>
          ["Chromium", "Google/Chrome"].map((name) => join(folder, name, "Application", "chrome.exe")),
        );
    default:
      return ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
        .flatMap((name) => [join("/usr/bin", name), join("/usr/local/bin", name)])
        .concat("/snap/bin/chromium");
  }
}

/** The program: the one that `OFA_CHROMIUM` names, or one that is installed. */
export function chromiumPath() {
  if (env.OFA_CHROMIUM) {
    if (!existsSync(env.OFA_CHROMIUM)) {
      throw new Error(`OFA_CHROMIUM: ${env.OFA_CHROMIUM} does not exist`);
    }
    return env.OFA_CHROMIUM;
  }
  const places = usualPaths();
  const found = places.find((path) => existsSync(path));
  if (!found) {
    throw new Error(
      `no Chromium was found in ${places.join(", ")}: install it, or name it in the variable OFA_CHROMIUM`,
    );
  }
  return found;
}

if (import.meta.url === pathToFileURL(argv[1] ?? "").href) {
  try {
    console.log(chromiumPath());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
