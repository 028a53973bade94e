/** The sandbox in a process of its own, with a fault: `node provider.ts DIR FAULT`. Any message asks for its counts. */
import { startSandbox } from "../../local/sandbox/sandbox.ts";
import { FAULTS } from "./faults.ts";

const [dir, name] = process.argv.slice(2);
const fault = FAULTS[name ?? ""];
if (!fault) throw new Error(`no fault ${name}`);
// A seed: which requests an expired batch has answered is the same in every run.
const sandbox = await startSandbox({ dir, latencySeconds: 1, seed: "peers", ...fault.sandbox });
process.on("disconnect", () => process.exit());
process.on("message", async () => process.send?.(await sandbox.stats()));
process.send?.({ openai: sandbox.openaiBaseUrl, anthropic: sandbox.anthropicBaseUrl });
