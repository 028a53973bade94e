/** `npm start`: the command of the README on 1,000 real items, with the sandbox in the provider's place. */
import { main } from "../cli/main.ts";
import { writeItems } from "./wordnet.ts";

const FILE = ".nightshift/wordnet-1000.jsonl";
const COMMAND = `run ${FILE} --provider openai --model gpt-4.1-mini --sandbox --out out/wordnet-1000`;

await writeItems(1000, FILE);
console.log(`$ npx nightshift ${COMMAND}\n`);
process.exit(await main(COMMAND.split(" ")));
