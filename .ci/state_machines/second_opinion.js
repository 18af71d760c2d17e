// Every expression that the emulator evaluated, again by the reference implementation of JSONata, in the version that
// AWS documents. The emulator's own is a port to another language.

const { isDeepStrictEqual } = require("node:util");
const { readFileSync } = require("node:fs");
const jsonata = require("jsonata");

async function differing(lines) {
  const found = new Map();
  for (const line of lines) {
    const [[expression, bindings], said] = JSON.parse(line);
    if (expression.includes("$now()")) continue;
    let value;
    try {
      const read = jsonata(expression);
      read.registerFunction("parse", (text) => JSON.parse(text)); // Step Functions' own
      value = JSON.parse(JSON.stringify(await read.evaluate(undefined, bindings)));
    } catch (error) {
      value = `error: ${error.message}`;
    }
    if (!isDeepStrictEqual(value, said)) found.set(expression, [JSON.stringify(said), JSON.stringify(value)]);
  }
  return found;
}

const lines = readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean);
differing(lines).then((found) => {
  for (const [expression, [here, there]] of found) {
    console.error(`${expression}\n  the emulator: ${here}\n  the reference: ${there}`);
  }
  console.log(`${lines.length} evaluations, ${found.size} expressions with two results`);
  process.exit(found.size === 0 && lines.length > 0 ? 0 : 1);
});
