/** The state machine's definition, without CDK where it was synthesized before: that takes more than a second. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { definitionFile, type SynthesizedDefinition } from "../../infra/programs/machine-tasks.ts";
import { ROOT } from "../../shared/package-root.ts";
import { bySources } from "./by-sources.ts";

/**
 * Reads the definition: from the package, or from this clone's cache. It is synthesized when one of its sources has changed.
 * @param webhooks whether it is that of a stack with OpenAI's webhooks
 */
export async function readDefinition(webhooks: boolean): Promise<SynthesizedDefinition> {
  const ahead = join(ROOT, definitionFile(webhooks));
  if (existsSync(ahead)) return JSON.parse(readFileSync(ahead, "utf8"));
  return bySources(definitionFile(webhooks), async () => {
    const { synthesizedDefinition } = await import("../../infra/programs/definition.ts");
    return synthesizedDefinition({ openaiWebhooks: webhooks });
  });
}
