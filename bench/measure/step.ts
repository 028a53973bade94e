/** A process that runs one Lambda's handler on some events, one after the other, as a warm Lambda does. */
import { join } from "node:path";
import type { ProviderName } from "../../shared/models.ts";
import { headObject } from "../../shared/objects.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import { measured } from "./meter.ts";
import type { Work } from "./run.ts";

const { name, events, provider } = JSON.parse(process.argv[2] as string) as Extract<Work, { kind: "step" }>;
const { handler } = await import(join(import.meta.dirname, "../../functions", name, "handler.ts"));
// What a warm Lambda has loaded already: the S3 client's lazy parts and the provider's SDK.
await headObject("none");
if (provider) await providerOf(provider as ProviderName);
const outputs: unknown[] = [];
const measurement = await measured(async () => {
  for (const event of events) outputs.push(await handler(event));
});
process.send?.({ measurement, outputs });
