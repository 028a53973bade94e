/** A sandbox in a process of its own, for tests that kill it: `node sandbox-process.ts DIR`. */
import { startSandbox } from "../../../../local/sandbox/sandbox.ts";

const { openaiBaseUrl, anthropicBaseUrl, port } = await startSandbox({ dir: process.argv[2] as string });
process.send?.({ openaiBaseUrl, anthropicBaseUrl, port });
