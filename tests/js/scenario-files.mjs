// Where the scenarios of all kinds of worlds are.
import { existsSync, readdirSync } from "node:fs";

/** The scenarios below a corpus' folder, as `KIND/scenarios/FILE` and `KIND/scenarios/broken/FILE`. */
export function scenarioFiles(corpus) {
  const folders = readdirSync(corpus).flatMap((kind) => [`${kind}/scenarios/`, `${kind}/scenarios/broken/`]);
  return folders.filter((folder) => existsSync(new URL(folder, corpus))).flatMap((folder) =>
    readdirSync(new URL(folder, corpus))
      .filter((file) => file.endsWith(".txt"))
      .sort()
      .map((file) => folder + file),
  );
}
