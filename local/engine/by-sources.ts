/** What a program makes of this clone's sources, kept until one of them changes. */
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../shared/package-root.ts";

/** What the stack is made of in a clone. */
const SOURCES = ["infra/**/*.ts", "shared/**/*.ts", "package.json", "cdk.json"];

/** Reads the JSON value kept as `name` in this clone's cache. Makes it anew when a source of the stack has changed. */
export async function bySources<Made>(name: string, make: () => Promise<Made>): Promise<Made> {
  const cache = join(ROOT, "node_modules/.cache/nightshift");
  const file = join(cache, `${sourcesDigest()}-${name}`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const made = await make();
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
