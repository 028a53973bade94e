/** The state machine's definition, without CDK where it was synthesized before: that takes more than a second. */
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { definitionFile, type SynthesizedDefinition } from "../../infra/programs/machine-tasks.ts";

/** In a clone the repository, in the package `dist/`. */
const ROOT = join(import.meta.dirname, "../..");

/** What the definition is made of in a clone. */
const SOURCES = ["infra/**/*.ts", "shared/**/*.ts", "package.json", "cdk.json"];

/**
 * Reads the definition: from the package, or from this clone's cache. It is synthesized when one of its sources has changed.
 * @param webhooks whether it is that of a stack with OpenAI's webhooks
 */
export async function readDefinition(webhooks: boolean): Promise<SynthesizedDefinition> {
  const ahead = join(ROOT, definitionFile(webhooks));
  if (existsSync(ahead)) return JSON.parse(readFileSync(ahead, "utf8"));
  const cache = join(ROOT, "node_modules/.cache/nightshift");
  const file = join(cache, `${sourcesDigest()}-${definitionFile(webhooks)}`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const { synthesizedDefinition } = await import("../../infra/programs/definition.ts");
  const made = synthesizedDefinition({ openaiWebhooks: webhooks });
  mkdirSync(cache, { recursive: true });
  // Another process may do the same: the file appears whole.
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(made));
  renameSync(temporary, file);
  return made;
}

function sourcesDigest(): string {
  const hash = createHash("sha256");
  for (const file of globSync(SOURCES, { cwd: ROOT }).sort())
    hash.update(file).update(readFileSync(join(ROOT, file)));
  return hash.digest("hex").slice(0, 16);
}
