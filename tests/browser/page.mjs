// What the test's page runs: the whole corpus, slots, a Raft group, sentinels and simulated worlds, on the package as bundled for a browser.
import * as api from "quorate";
import * as sim from "quorate/sim";
import { answers, parse } from "../js/corpus.mjs";
import { Group } from "../js/raft-group.mjs";
import { differences } from "../js/scenarios.mjs";
import { sentinels } from "../js/sentinel-net.mjs";

/** Runs the cases of all files and returns how many there were, and what differed. */
globalThis.runCorpus = (files) => {
  const report = { cases: 0, answers: 0, failures: [] };
  for (const [name, text] of Object.entries(files)) {
    for (const each of parse(text)) {
      report.cases += 1;
      try {
        for (const answer of answers(api, each)) {
          report.answers += 1;
          if (answer.join("\n") !== each.expected.join("\n")) {
            report.failures.push(`${name}:${each.line}: expected ${each.expected.join("\n").slice(0, 300)}, found ${answer.join("\n").slice(0, 300)}`);
            break;
          }
        }
      } catch (error) {
        report.failures.push(`${name}:${each.line}: ${error.stack}`);
      }
    }
  }
  return report;
};

/** Slots of texts, short and long, as what the page's own TextEncoder sends. */
globalThis.runSlots = (texts) => texts.map((text) => [api.keySlot(text), api.keySlot(new TextEncoder().encode(text)), api.keySlot(`{${text}}${"x".repeat(400)}`)]);

/** What a visitor's first lines do. */
globalThis.runFirstLines = () => {
  const decoder = new api.Decoder();
  decoder.feed(api.encode(["é", "x".repeat(5000), 2n ** 60n, 1.5]));
  const [[accented, long, large, half]] = decoder.pollAll();
  decoder.free();
  return [accented, long.length, String(large), half, new TextDecoder().decode(api.encodeCommand("SET", "ключ", 1))];
};

/** Runs a Raft group, and returns the hash of each member's state. */
globalThis.runGroup = () => {
  const group = new Group(3, { trace: true });
  group.elect(2).propose("é");
  group.tick(25);
  const hashes = group.hashes().map(String);
  group.free();
  return hashes;
};

/** Runs a scenario, and returns what is wrong with how it went. */
globalThis.runScenario = (scenario) => differences(sim, scenario);

/** Runs three sentinels through a failover, and returns the hash of each one's state. */
globalThis.runSentinels = () => sentinels();
