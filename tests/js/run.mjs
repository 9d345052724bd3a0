// Runs the tests of JavaScript on a packed tarball: `node tests/js/run.mjs [TARBALL] [FOLDER...]`.
//
// The tarball is installed in tests/node_modules, so that every test below tests/ gets it by its name, as an application would.
// Without one, what was installed last is tested. Folders are js, packaging, browser and live/js; default all but live/js.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const tests = fileURLToPath(new URL("..", import.meta.url));
const [tarball, folders] = process.argv[2]?.endsWith(".tgz") ? [process.argv[2], process.argv.slice(3)] : [undefined, process.argv.slice(2)];

if (tarball !== undefined) {
  rmSync(join(tests, "node_modules"), { recursive: true, force: true });
  run("npm", ["install", "--prefix", tests, "--no-save", "--no-package-lock", "--offline", "--no-audit", "--no-fund", resolve(tarball)]);
}
if (!existsSync(join(tests, "node_modules/quorate"))) {
  console.error("the package is not installed: node tests/js/run.mjs dist/quorate-VERSION.tgz");
  process.exit(1);
}
// Listed here, because what `node --test` makes of a folder differs from version to version.
const files = (folders.length > 0 ? folders : ["js", "packaging", "browser"]).flatMap((folder) =>
  readdirSync(join(tests, folder))
    .filter((file) => file.endsWith(".test.mjs"))
    .map((file) => join(tests, folder, file)),
);
run(process.execPath, ["--test", "--test-reporter=spec", ...files]);

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
