// The package in headless Chromium: one classic script, bundled, without a server. The whole corpus, and no word on the console.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { keySlot } from "quorate";
import { Group } from "../js/raft-group.mjs";
import { scenarioFiles } from "../js/scenario-files.mjs";
import { sentinels } from "../js/sentinel-net.mjs";

const tools = createRequire(new URL("../../bindings-js/package.json", import.meta.url));
const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
const skip = chromium === undefined && process.env.CI !== "true" ? "SKIPPED: no Chromium is installed (apt-get install chromium, or set CHROMIUM)" : false;
const folder = mkdtempSync(join(tmpdir(), "quorate-browser-"));
const words = [];
let browser;
let page;

before(async () => {
  if (skip) return console.error(skip);
  assert.ok(chromium, "no Chromium is installed, and CI must not skip");
  await tools("esbuild").build({
    entryPoints: [fileURLToPath(new URL("page.mjs", import.meta.url))],
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    outfile: join(folder, "page.js"),
    logLevel: "silent",
  });
  writeFileSync(join(folder, "page.html"), '<!doctype html><html lang="en"><meta charset="utf-8"><title>page</title><link rel="icon" href="data:,"><script src="page.js"></script></html>\n');
  browser = await tools("playwright-core").chromium.launch({
    executablePath: chromium,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  page = await browser.newPage();
  page.on("console", (message) => words.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => words.push(String(error)));
  page.on("requestfailed", (request) => words.push(`${request.url()} failed`));
  await page.goto(pathToFileURL(join(folder, "page.html")).href);
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the first lines", { skip }, async () => {
  assert.deepEqual(await page.evaluate(() => runFirstLines()), ["é", 5000, String(2n ** 60n), 1.5, "*3\r\n$3\r\nSET\r\n$8\r\nключ\r\n$1\r\n1\r\n"]);
});

test("the corpus", { skip }, async () => {
  const root = new URL("../corpus/", import.meta.url);
  const files = {};
  for (const kind of ["resp", "cluster"]) {
    for (const file of readdirSync(new URL(kind, root))) {
      if (file.endsWith(".txt")) files[`${kind}/${file}`] = readFileSync(new URL(`${kind}/${file}`, root), "utf8");
    }
  }
  const report = await page.evaluate((all) => runCorpus(all), files);
  console.log(`${report.cases} cases, ${report.answers} answers`);
  assert.ok(report.cases > 0);
  assert.ok(report.answers > report.cases);
  assert.deepEqual(report.failures, []);
});

test("a Raft group, state for state as in Node", { skip }, async () => {
  const group = new Group(3, { trace: true });
  group.elect(2).propose("é");
  group.tick(25);
  assert.deepEqual(await page.evaluate(() => runGroup()), group.hashes().map(String));
});

test("the scenarios of simulated worlds, with their hashes", { skip }, async () => {
  const corpus = new URL("../corpus/", import.meta.url);
  const files = scenarioFiles(corpus);
  assert.ok(files.length >= 25);
  for (const file of files) {
    const text = readFileSync(new URL(file, corpus), "utf8");
    assert.deepEqual(await page.evaluate((scenario) => runScenario(scenario), { text, broken: file.includes("/broken/") }), [], file);
  }
});

test("sentinels that fail over, and what is lost, state for state as in Node", { skip }, async () => {
  assert.deepEqual(await page.evaluate(() => runSentinels()), sentinels());
});

test("slots, lone surrogates included, as in Node", { skip }, async () => {
  const texts = ["foo", "a", "", "漢字", "💀", "\ud800", "x\udc00y", "x".repeat(500), "é".repeat(300)];
  const found = await page.evaluate((all) => runSlots(all), texts);
  assert.deepEqual(
    found,
    texts.map((text) => [keySlot(text), keySlot(text), text === "" ? keySlot(`{}${"x".repeat(400)}`) : keySlot(text)]),
  );
});

test("no word on the console", { skip }, () => assert.deepEqual(words, []));
