// Makes dist/ of ts/ and of what wasm-bindgen left in pkg/ (target web, with the reset function, without a default path):
// JavaScript file by file, declarations, the WebAssembly as a file and, for the entries that need no init, as text.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync, gzipSync } from "node:zlib";
import { build, transformSync } from "esbuild";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const [ts, pkg, dist] = ["ts", "pkg", "dist"].map((folder) => join(root, folder));
const entries = ["index", "resp", "cluster", "slim", "raft", "raft-slim", "sentinel", "sentinel-slim", "replication", "replication-slim", "sim", "sim-slim"];
/**
 * The modules: each is the WebAssembly of some entries, so that nobody loads what they do not import. Here with an entry, and what
 * an application pays for importing that, bundled, minified and compressed.
 */
const modules = {
  quorate: { entry: "index", budget: 60 * 1024 },
  raft: { entry: "raft", budget: 120 * 1024 },
  sentinel: { entry: "sentinel", budget: 360 * 1024 },
  sim: { entry: "sim", budget: 500 * 1024 },
};

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", root], { stdio: "inherit" });
for (const file of sources(ts)) write(join(dist, file.replace(/\.ts$/, ".js")), script(read(join(ts, file)), "ts"));
for (const name of Object.keys(modules)) embed(name);
for (const license of ["LICENSE-MIT", "LICENSE-APACHE"]) {
  if (existsSync(join(root, "..", license))) write(join(dist, license), read(join(root, "..", license)));
}
prune();
await report();

/** Puts a module in: its glue, its bytes as a file and, for the entries that need no init, as text. */
function embed(name) {
  const glue = read(join(pkg, `${name}.js`));
  const wasm = readFileSync(join(pkg, `${name}_bg.wasm`));
  if (!glue.includes("export function __wbg_reset_state")) fail(`pkg/${name}.js has no __wbg_reset_state: run wasm-bindgen with it`);
  if (/new URL\(/.test(glue)) fail(`pkg/${name}.js loads a file of its own: run wasm-bindgen without a default module path`);
  write(join(dist, `raw/${name}.js`), script(glue, "js"));
  write(join(dist, `embedded/${name}.js`), `export const size = ${wasm.length};\nexport default "${deflateRawSync(wasm, { level: 9 }).toString("base64")}";\n`);
  writeFileSync(join(dist, `${name}.wasm`), wasm);
}

function sources(folder) {
  return readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));
}

/** The comments stand in the declarations, where editors show them. */
function script(source, loader) {
  const { code } = transformSync(source, { loader, format: "esm", target: "es2022", treeShaking: true, legalComments: "none" });
  // dist/ has the glue in it, and pkg/ is beside ts/.
  return code.replace(/"\.\.\/((?:\.\.\/)*)pkg\/(\w+)\.js"/, (_, up, name) => `"${up || "./"}raw/${name}.js"`);
}

/** Keeps the declarations that can be reached from the entries: the others speak of files that are not here. */
function prune() {
  const kept = new Set();
  const next = entries.map((entry) => join(dist, `${entry}.d.ts`));
  for (const file of next) {
    if (kept.has(file)) continue;
    kept.add(file);
    // What is imported for its effect has no types.
    const text = read(file).replace(/^import "[^"]+";\n/gm, "");
    writeFileSync(file, text);
    for (const [, path] of text.matchAll(/from "(\.[^"]+)\.js"/g)) next.push(resolve(dirname(file), `${path}.d.ts`));
  }
  for (const file of readdirSync(dist, { recursive: true })) {
    const path = join(dist, file);
    if (file.endsWith(".d.ts") && !kept.has(path)) rmSync(path);
  }
}

async function report() {
  for (const [name, { entry, budget }] of Object.entries(modules)) {
    const { outputFiles } = await build({
      entryPoints: [join(dist, `${entry}.js`)],
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
      logLevel: "warning",
    });
    const wasm = readFileSync(join(dist, `${name}.wasm`));
    const [{ contents }] = outputFiles;
    for (const [what, bytes] of [[`${name}.wasm`, wasm], [`a bundle of ${entry}`, contents]]) {
      console.log(`${what}: ${bytes.length} bytes, ${packed(bytes)} compressed`);
    }
    if (packed(contents) > budget) fail(`a bundle of ${entry} must stay below ${budget} bytes compressed`);
  }
}

function packed(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}

function read(file) {
  if (!existsSync(file)) fail(`${relative(root, file)} is missing: build the WebAssembly first (cargo xtask dist js)`);
  return readFileSync(file, "utf8");
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
