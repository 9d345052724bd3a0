// The packed package as its users take it: by import and require, through a bundler, in TypeScript; and what is in it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { constants, deflateRawSync, gzipSync } from "node:zlib";

const tests = fileURLToPath(new URL("..", import.meta.url));
const installed = join(tests, "node_modules/quorate");
// The tools of the package's own development.
const tools = createRequire(new URL("../../bindings-js/package.json", import.meta.url));
const esbuild = tools("esbuild");
// Below tests/, so that the package is found by its name.
mkdirSync(join(tests, "node_modules/.packaging"), { recursive: true });
const scratch = mkdtempSync(join(tests, "node_modules/.packaging/"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const USE = `
  const decoder = new Decoder();
  decoder.feed(encode([keySlot("foo"), "a"]));
  globalThis.result = JSON.stringify(decoder.pollAll());
`;
const RESULT = '[[12182,"a"]]';

function run(file, source, ...args) {
  const path = join(scratch, file);
  writeFileSync(path, `${source}\nconsole.log(globalThis.result);`);
  return execFileSync(process.execPath, [...args, path], { encoding: "utf8" }).trim();
}

test("import, by every entry", () => {
  assert.equal(run("all.mjs", `import { Decoder, encode, keySlot } from "quorate"; ${USE}`), RESULT);
  assert.equal(run("parts.mjs", `import { Decoder, encode } from "quorate/resp"; import { keySlot } from "quorate/cluster"; ${USE}`), RESULT);
});

test("the entries share their classes", () => {
  const source = `import * as all from "quorate"; import * as resp from "quorate/resp"; import * as slim from "quorate/slim"; import * as cluster from "quorate/cluster";
    globalThis.result = [resp.Decoder === all.Decoder, slim.Decoder === all.Decoder, cluster.keySlot === all.keySlot, cluster.QuorateError === resp.QuorateError].join();`;
  assert.equal(run("same.mjs", source), "true,true,true,true");
  const more = `import * as all from "quorate"; import * as raft from "quorate/raft"; import * as slim from "quorate/raft/slim"; import * as sim from "quorate/sim";
    globalThis.result = [slim.Node === raft.Node, raft.QuorateError === all.QuorateError, sim.FreedError === all.FreedError, new raft.WireError("a", "b") instanceof all.QuorateError].join();`;
  assert.equal(run("same-more.mjs", more), "true,true,true,true");
});

const RAFT = `
  const node = new Node({ id: 1, seed: 42 }, Stored.group([1]));
  node.campaign();
  for (const output of node.drain()) if (output.kind === "persist") node.persisted(output.ticket);
  const world = new World("raft", { nodes: 3, seed: 7 });
  world.until("leader != none");
  globalThis.result = JSON.stringify([node.role, node.last, world.ask("leaders").length]);
`;
const RAFT_RESULT = '["leader",{"term":2,"index":2},1]';

test("the Raft node and simulated worlds, each by its entry, with or without init", () => {
  assert.equal(run("raft.mjs", `import { Node, Stored } from "quorate/raft"; import { World } from "quorate/sim"; ${RAFT}`), RAFT_RESULT);
  assert.equal(run("raft.cjs", `const { Node, Stored } = require("quorate/raft"); const { World } = require("quorate/sim"); ${RAFT}`, "--no-warnings"), RAFT_RESULT);
  const bytes = (name) => `readFileSync(${JSON.stringify(createRequire(import.meta.url).resolve(`quorate/${name}.wasm`))})`;
  const names = `import * as raft from "quorate/raft/slim"; import * as sim from "quorate/sim/slim"; import { readFileSync } from "node:fs"; const { Node, Stored } = raft; const { World } = sim;`;
  const early = `for (const use of [() => new Node({ id: 1, seed: 1 }, {}), () => raft.Message.decode(new Uint8Array(1)), () => new raft.Members({ voters: [1] }), () => new World(), () => World.fromScript("raft")])
    try { use(); throw new Error(String(use)); } catch (error) { if (!(error instanceof raft.NotInitializedError)) throw error; }`;
  assert.equal(run("raft-slim.mjs", `${names} ${early} raft.initSync(${bytes("raft")}); await sim.init(${bytes("sim")}); ${RAFT}`), RAFT_RESULT);
});

const SENTINEL = `
  const sentinel = new Sentinel({ id: "0123456789".repeat(4), seed: 1, masters: [{ name: "m", host: "127.0.0.1", port: 6379, quorum: 1 }] });
  const [{ ticket }] = sentinel.drain();
  sentinel.persisted(ticket);
  const server = new Server({ seed: 7 });
  globalThis.result = JSON.stringify([sentinel.masterAddress("m").port, server.history().offset, new Ledger().counts().lost]);
`;
const SENTINEL_RESULT = "[6379,0,0]";

test("sentinels and replication, by their entries, over one module, with or without init", () => {
  assert.equal(run("sentinel.mjs", `import { Sentinel } from "quorate/sentinel"; import { Ledger, Server } from "quorate/replication"; ${SENTINEL}`), SENTINEL_RESULT);
  assert.equal(run("sentinel.cjs", `const { Sentinel } = require("quorate/sentinel"); const { Ledger, Server } = require("quorate/replication"); ${SENTINEL}`, "--no-warnings"), SENTINEL_RESULT);
  const wasm = JSON.stringify(createRequire(import.meta.url).resolve("quorate/sentinel.wasm"));
  const names = `import { Discovery, NotInitializedError, Sentinel } from "quorate/sentinel/slim"; import { Ledger, Server, initSync } from "quorate/replication/slim"; import { readFileSync } from "node:fs";`;
  const early = `for (const use of [() => new Sentinel({ id: "x", seed: 1 }), () => new Discovery({ name: "x", sentinels: [] }), () => new Server(), () => new Ledger(), () => Ledger.fromState(new Uint8Array(1))])
    try { use(); throw new Error(String(use)); } catch (error) { if (!(error instanceof NotInitializedError)) throw error; }`;
  assert.equal(run("sentinel-slim.mjs", `${names} ${early} initSync(readFileSync(${wasm})); ${SENTINEL}`), SENTINEL_RESULT);
});

test("nobody loads what they do not import", async () => {
  const uses = {
    "quorate/resp": ["quorate"],
    "quorate/cluster": ["quorate"],
    quorate: ["quorate"],
    "quorate/raft": ["raft"],
    "quorate/sentinel": ["sentinel"],
    "quorate/replication": ["sentinel"],
    "quorate/sim": ["sim"],
    "quorate/slim": ["quorate"],
    "quorate/raft/slim": ["raft"],
    "quorate/sentinel/slim": ["sentinel"],
    "quorate/replication/slim": ["sentinel"],
    "quorate/sim/slim": ["sim"],
  };
  for (const [entry, modules] of Object.entries(uses)) {
    const file = join(scratch, "load.mjs");
    writeFileSync(file, `export * from ${JSON.stringify(entry)};`);
    const { metafile } = await esbuild.build({ entryPoints: [file], bundle: true, format: "esm", outdir: scratch, write: false, metafile: true });
    const [{ inputs }] = Object.values(metafile.outputs);
    const found = (folder) => Object.keys(inputs).flatMap((path) => path.match(new RegExp(`/dist/${folder}/(\\w+)\\.js$`))?.[1] ?? []);
    assert.deepEqual(found("raw"), modules, `the glue in ${entry}`);
    assert.deepEqual(found("embedded"), entry.endsWith("/slim") ? [] : modules, `the WebAssembly in ${entry}`);
  }
});

test("the examples of the README, as they stand there", () => {
  const readme = readFileSync(join(installed, "README.md"), "utf8");
  const examples = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
  assert.ok(examples.length >= 4);
  let checks = 0;
  examples.forEach((code, number) => {
    // A comment behind a line that is an expression too says what the line is worth.
    const checked = code.replace(/^(?!import|const|let|for|while|if|\s)([^\n]+?); *\/\/ (.+)$/gm, (line, expression, worth) => {
      try {
        new Function(`return (${worth})`);
      } catch {
        return line;
      }
      checks += 1;
      return `deepEqual(${expression}, ${worth});`;
    });
    run(`readme-${number}.mjs`, `import { deepEqual } from "node:assert/strict";\n${checked}`);
  });
  assert.ok(checks >= 8, `${checks}`);
});

test("require, in CommonJS", () => {
  assert.equal(run("all.cjs", `const { Decoder, encode, keySlot } = require("quorate"); ${USE}`, "--no-warnings"), RESULT);
});

test("slim: nothing works before init, everything after", () => {
  const wasm = createRequire(import.meta.url).resolve("quorate/quorate.wasm");
  const early = `let code; for (const use of [() => new Decoder(), () => new Encoder(), () => new RequestDecoder(), () => encode(1), () => tagForSlot(1), () => keySlot("x".repeat(999)), () => splitInline("a")])
    try { use(); throw new Error(String(use)); } catch (error) { if (!(error instanceof NotInitializedError) || error.code !== "not_initialized") throw error; }`;
  const names = "import { Decoder, Encoder, NotInitializedError, RequestDecoder, encode, init, initSync, keySlot, splitInline, tagForSlot } from 'quorate/slim'; import { readFileSync } from 'node:fs';";
  const path = JSON.stringify(wasm);
  assert.equal(run("sync.mjs", `${names} ${early} initSync(readFileSync(${path})); initSync(new Uint8Array(0)); ${USE}`), RESULT);
  assert.equal(run("module.mjs", `${names} initSync(new WebAssembly.Module(readFileSync(${path}))); ${USE}`), RESULT);
  assert.equal(run("async.mjs", `${names} ${early} const bytes = readFileSync(${path}); await Promise.all([init(bytes), init(bytes)]); await init(bytes); ${USE}`), RESULT);
  assert.equal(run("response.mjs", `${names} await init(new Response(readFileSync(${path}), { headers: { "content-type": "application/wasm" } })); ${USE}`), RESULT);
  assert.equal(run("slim.cjs", `const { Decoder, encode, initSync, keySlot } = require("quorate/slim"); initSync(require("node:fs").readFileSync(${path})); ${USE}`, "--no-warnings"), RESULT);
});

test("in a worker", () => {
  const worker = `import { Worker, isMainThread, parentPort } from "node:worker_threads"; import { Decoder, encode, keySlot } from "quorate";
    if (isMainThread) globalThis.result = await new Promise((done, fail) => new Worker(new URL(import.meta.url), { stdout: true }).once("message", done).once("error", fail));
    else { ${USE} parentPort.postMessage(globalThis.result); }`;
  assert.equal(run("worker.mjs", worker), RESULT);
});

test("without Buffer, as in a browser", () => {
  assert.equal(run("bare.mjs", `delete globalThis.Buffer; const { Decoder, encode, keySlot } = await import("quorate"); ${USE}`), RESULT);
});

test("a bundle in each format, with nothing dropped and nothing fetched", async () => {
  for (const [format, extension] of [["esm", "mjs"], ["iife", "cjs"], ["cjs", "cjs"]]) {
    for (const from of ['import { Decoder, encode, keySlot } from "quorate";', 'import { Decoder, encode } from "quorate/resp"; import { keySlot } from "quorate/cluster";']) {
      const entry = join(scratch, "entry.mjs");
      writeFileSync(entry, `${from} ${USE}`);
      const { outputFiles, warnings } = await esbuild.build({ entryPoints: [entry], bundle: true, minify: true, treeShaking: true, format, write: false, platform: "browser", logLevel: "silent" });
      assert.deepEqual(warnings, []);
      assert.equal(outputFiles.length, 1);
      assert.equal(run(`bundle-${format}.${extension}`, outputFiles[0].text), RESULT);
    }
  }
});

test("an application pays less than 60 KB for the codec, 120 for the Raft node, 360 for sentinels and replication, 500 for the simulator, compressed", async () => {
  const budgets = { quorate: 60, "quorate/resp": 60, "quorate/raft": 120, "quorate/sentinel": 360, "quorate/replication": 360, "quorate/sim": 500 };
  for (const [name, budget] of Object.entries(budgets)) {
    const entry = join(scratch, "size.mjs");
    writeFileSync(entry, `export * from "${name}";`);
    const { outputFiles } = await esbuild.build({ entryPoints: [entry], bundle: true, minify: true, format: "esm", write: false });
    const size = gzipSync(outputFiles[0].contents, { level: 9 }).length;
    console.log(`${name}: ${outputFiles[0].contents.length} bytes, ${size} compressed`);
    assert.ok(size < budget * 1024, `${name}: ${size} bytes`);
  }
  const slim = join(scratch, "slim-size.mjs");
  writeFileSync(slim, 'export * from "quorate/slim";');
  const [{ contents }] = (await esbuild.build({ entryPoints: [slim], bundle: true, minify: true, format: "esm", write: false })).outputFiles;
  assert.ok(gzipSync(contents, { level: 9 }).length < 15 * 1024, "slim carries no WebAssembly");
});

test("TypeScript, at its strictest, checks a consumer and the declarations themselves", () => {
  const consumers = ["consumer.ts", "consumer-raft.ts", "consumer-sentinel.ts"].map((name) => [name, readFileSync(new URL(name, import.meta.url), "utf8")]);
  const tsc = join(fileURLToPath(new URL("../../bindings-js", import.meta.url)), "node_modules/typescript/bin/tsc");
  for (const [name, text] of consumers) writeFileSync(join(scratch, name), text);
  for (const [module, resolution] of [["nodenext", "nodenext"], ["esnext", "bundler"]]) {
    writeFileSync(
      join(scratch, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false, noEmit: true, module, moduleResolution: resolution, target: "es2022", lib: ["es2022", "dom"], types: [] },
        files: consumers.map(([name]) => name),
      }),
    );
    writeFileSync(join(scratch, "package.json"), '{ "type": "module" }');
    try {
      execFileSync(process.execPath, [tsc, "-p", scratch], { encoding: "utf8" });
    } catch (error) {
      assert.fail(error.stdout);
    }
  }
  // The check can fail: a mistake in the consumer is found.
  writeFileSync(join(scratch, "consumer.ts"), `${consumers[0][1]}\nnew Decoder({ strings: "latin1" });\n`);
  assert.throws(
    () => execFileSync(process.execPath, [tsc, "-p", scratch], { encoding: "utf8" }),
    (error) => /consumer\.ts.*error TS/.test(error.stdout),
  );
});

test("what unpacks the WebAssembly unpacks whatever zlib packs", async () => {
  const { inflate } = await import(join(installed, "dist/inflate.js"));
  const samples = [
    (i) => Buffer.alloc(i * 37, "ab"),
    (i) => Buffer.from(Array.from({ length: i * 50 }, (_, k) => (k * k * i) % 251)),
    (i) => Buffer.from(Array.from({ length: i * 200 }, (_, k) => Math.imul(k + i, 2654435761) >>> 24)),
    (i) => Buffer.from(`the quick brown fox ${i} `.repeat(i)),
  ];
  const { Z_FIXED, Z_HUFFMAN_ONLY } = constants;
  for (const options of [{ level: 9 }, { level: 1 }, { level: 0 }, { strategy: Z_FIXED }, { strategy: Z_HUFFMAN_ONLY }]) {
    for (const sample of samples) {
      for (let i = 0; i < 40; i += 1) {
        const bytes = sample(i);
        assert.ok(bytes.equals(inflate(deflateRawSync(bytes, options), bytes.length)));
      }
    }
  }
});

test("publint finds nothing", async () => {
  const { publint } = await import(tools.resolve("publint"));
  const { formatMessage } = await import(tools.resolve("publint/utils"));
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  const { messages } = await publint({ pkgDir: installed, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, manifest)), []);
});

test("the package holds what it exports and names nobody's internals", () => {
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  for (const [entry, target] of Object.entries(manifest.exports)) {
    for (const path of typeof target === "string" ? [target] : Object.values(target)) {
      assert.ok(existsSync(join(installed, path)), `${entry}: ${path}`);
    }
  }
  assert.equal(manifest.dependencies, undefined);
  for (const path of manifest.sideEffects) assert.ok(existsSync(join(installed, path)), path);
  const files = readdirSync(installed, { recursive: true }).filter((file) => statSync(join(installed, file)).isFile());
  for (const file of files.filter((each) => each.endsWith(".d.ts"))) {
    assert.doesNotMatch(readFileSync(join(installed, file), "utf8"), /__wb|raw\.|\/pkg\//, file);
  }
  assert.ok(files.includes("README.md"));
});
