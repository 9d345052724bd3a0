// Runs scenarios of simulated worlds, in Node and in a page alike.

/** Runs a scenario and says what is wrong with how it went, in words; nothing if nothing is. */
export function differences({ World, SimError }, { text, broken }) {
  if (broken) {
    try {
      World.fromScript(text).free();
    } catch (error) {
      return error instanceof SimError && error.code === "broken_rules_absent" ? [] : [String(error)];
    }
    return ["a rule could be broken"];
  }
  const [, expected] = text.trimEnd().match(/\nhash ([0-9a-f]{16})$/) ?? [];
  const world = World.fromScript(text);
  const report = world.run();
  const found = [];
  if (expected === undefined) found.push("it has no hash");
  if (!report.ok) found.push(report.text);
  if (report.hash !== expected || world.stateHash() !== expected) found.push(`expected the hash ${expected}, found ${report.hash}, ${world.stateHash()}`);
  if (report.hashes.at(-1)?.hash !== expected) found.push("the last line was not reached");
  // The same again, from the script that the run wrote down.
  const again = World.fromScript(world.toScript());
  again.run();
  if (again.stateHash() !== expected) found.push(`the script that it wrote leads to ${again.stateHash()}`);
  for (const each of [world, again]) each.free();
  return found;
}
