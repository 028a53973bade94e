/** `npm start`: the README's first job, a CSV with two more columns, with the sandbox in the provider's place. */
import { readFileSync, rmSync } from "node:fs";
import { main } from "../cli/main.ts";

const OUT = "out/answers.csv";
const COMMAND = `run examples/tickets.yaml --sandbox --out ${OUT}`;

// An earlier start has left it.
rmSync(OUT, { force: true });
console.log(`$ npx nightshift ${COMMAND}\n`);
const code = await main(COMMAND.split(" "));
if (code === 0) {
  const [head, ...rows] = readFileSync(OUT, "utf8").split("\n");
  console.log(`\nThe first rows of ${OUT}:\n\n${[head, ...rows.slice(0, 5)].join("\n")}`);
}
process.exit(code);
