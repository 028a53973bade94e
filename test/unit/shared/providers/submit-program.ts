/**
 * Run as a process of its own by memory.test.ts: submits a body of `MEGABYTES` to the provider of
 * the first argument, and prints by how many bytes the memory grew at most.
 */
import { Readable } from "node:stream";
import { JobSpec, ProviderName } from "../../../../shared/models.ts";
import { providerOf } from "../../../../shared/providers/registry.ts";

const MEGABYTES = 512;
const name = ProviderName.parse(process.argv[2]);
const provider = await providerOf({ provider: name });
const before = process.memoryUsage.rss();
let most = before;

function* body() {
  for (let i = 0; i < MEGABYTES * 16; i++) {
    most = Math.max(most, process.memoryUsage.rss());
    // A new buffer each time: one that is sent again and again would not show what is kept.
    yield Buffer.alloc(1 << 16, 120);
  }
}

await provider.submitBatch({
  mark: { job_id: "job", batch: 1, round: 1, tag: "tag" },
  spec: JobSpec.parse({ provider: name, model: "m" }),
  open: async () => Readable.from(body(), { objectMode: false, highWaterMark: 1 << 16 }),
  bytes: MEGABYTES << 20,
  request_count: 1,
  beforeCreate: async () => {},
});
console.log(most - before);
