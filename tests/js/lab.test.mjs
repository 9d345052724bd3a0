// The lab: a module whose rules can be broken, in place of the one in the package. Each scenario of a broken rule goes as it says.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { World, initSync } from "quorate/sim/slim";
import { scenarioFiles } from "./scenario-files.mjs";

const lab = process.env.QUORATE_LAB ?? new URL("../../dist/lab/sim_bg.wasm", import.meta.url);
const skip = existsSync(lab) ? false : "no lab is built: cargo xtask dist --lab";
const corpus = new URL("../corpus/", import.meta.url);

test("the lab breaks rules, and keeps them where nobody says so", { skip }, () => {
  // Its doors are those of the package's own module, and so is what goes through them.
  initSync(readFileSync(lab));
  const files = scenarioFiles(corpus);
  assert.ok(files.filter((file) => file.includes("/broken/")).length >= 5);
  for (const file of files) {
    const text = readFileSync(new URL(file, corpus), "utf8");
    const report = World.fromScript(text).run();
    assert.ok(report.ok, `${file}: ${report.text}`);
    assert.ok(text.endsWith(`hash ${report.hash}\n`), file);
  }
});
