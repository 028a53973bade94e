/** `npm run diagram`: draws the state machine, as it is deployed, into `docs/state-machine.svg`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../../../shared/package-root.ts";
import { synthesizedDefinition } from "../definition.ts";
import { drawing } from "./svg.ts";

const file = join(ROOT, "docs/state-machine.svg");
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, drawing(synthesizedDefinition()));
console.log(`wrote ${file}`);
