/** The sandbox in a process of its own, whose cost is not the steps': `node provider.ts DIR LATENCY_SECONDS REALTIME_SECONDS`. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startSandbox } from "../../local/sandbox/sandbox.ts";

/** What the process tells once it is up. */
export interface ProviderAddress {
  openai: string;
  anthropic: string;
  /** Takes any body and forgets it: the other end of a bare pipe. */
  sink: string;
}

const [dir, latency, realtime] = process.argv.slice(2);
const sandbox = await startSandbox({
  dir: dir as string,
  latencySeconds: Number(latency),
  realtimeLatencySeconds: Number(realtime),
  limits: { concurrent_requests: 100 },
});
const sink = createServer((request, response) => {
  request.resume().on("end", () => response.end());
});
await once(sink.listen(0, "127.0.0.1"), "listening");
process.on("disconnect", () => process.exit());
process.send?.({
  openai: sandbox.openaiBaseUrl,
  anthropic: sandbox.anthropicBaseUrl,
  sink: `http://127.0.0.1:${(sink.address() as AddressInfo).port}`,
} satisfies ProviderAddress);
