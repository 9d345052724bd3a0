// The lab: a module whose rules can be broken, in place of the one in the package. Each scenario of a broken rule goes as it says.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { World, initSync } from "quorate/sim/slim";

const lab = process.env.QUORATE_LAB ?? new URL("../../dist/lab/lab_bg.wasm", import.meta.url);
const skip = existsSync(lab) ? false : "no lab is built: cargo xtask dist --lab";
const scenarios = new URL("../corpus/raft/scenarios/", import.meta.url);

test("the lab breaks rules, and keeps them where nobody says so", { skip }, () => {
  // Its doors are those of the package's own module, and so is what goes through them.
  initSync(readFileSync(lab));
  const files = ["broken/", ""].map((folder) => readdirSync(new URL(folder, scenarios)).filter((file) => file.endsWith(".txt")).map((file) => folder + file));
  assert.ok(files[0].length >= 5);
  for (const file of files.flat()) {
    const text = readFileSync(new URL(file, scenarios), "utf8");
    const report = World.fromScript(text).run();
    assert.ok(report.ok, `${file}: ${report.text}`);
    assert.ok(text.endsWith(`hash ${report.hash}\n`), file);
  }
});
