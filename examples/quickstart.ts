/** `npm start`: the README's first job, a CSV with two more columns, with the sandbox in the provider's place. */
import { readFileSync } from "node:fs";
import { main } from "../cli/main.ts";

const OUT = "out/tickets";
const COMMAND = `run examples/tickets.yaml --sandbox --out ${OUT}`;

console.log(`$ npx nightshift ${COMMAND}\n`);
const code = await main(COMMAND.split(" "));
if (code === 0) {
  const [head, ...rows] = readFileSync(`${OUT}/results.csv`, "utf8").split("\n");
  console.log(`\nThe first rows of ${OUT}/results.csv:\n\n${[head, ...rows.slice(0, 5)].join("\n")}`);
}
process.exit(code);
