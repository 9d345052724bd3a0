// Every case of tests/corpus, in every way that the package can be asked.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import * as api from "quorate";
import { answers, parse } from "./corpus.mjs";

const root = new URL("../corpus/", import.meta.url);

for (const folder of ["resp", "cluster"]) {
  const files = readdirSync(new URL(folder, root)).filter((file) => file.endsWith(".txt"));
  test(`there is a corpus for ${folder}`, () => assert.notEqual(files.length, 0));
  for (const file of files) {
    test(`${folder}/${file}`, () => {
      const cases = parse(readFileSync(new URL(`${folder}/${file}`, root), "utf8"));
      assert.notEqual(cases.length, 0);
      for (const each of cases) {
        let asked = 0;
        for (const answer of answers(api, each)) {
          assert.deepEqual(answer, each.expected, `line ${each.line}, way ${asked}`);
          asked += 1;
        }
        assert.notEqual(asked, 0);
      }
    });
  }
}
