/** Makes batches of a prepared job real-time rounds, in a process with the services' environment: `node plan.ts STATE…`. */
import { requireJobFile } from "../../shared/objects/job-file.ts";
import { tagOf } from "../../shared/objects/keys.ts";
import { BatchState } from "../../shared/payload.ts";
import { begin } from "../../shared/records/lifecycle/sending.ts";

for (const text of process.argv.slice(2)) {
  const { job_id, batch, round } = BatchState.parse(JSON.parse(text));
  const { spec, batches } = await requireJobFile(job_id);
  const now = Date.now() / 1000;
  await begin({
    ...{ job_id, batch, round, tag: tagOf(job_id, batch, round), attempt: 0, raw: null, status: "pending" },
    ...{ provider: spec.provider, model: spec.model, request_count: batches[batch - 1]?.requests ?? 0 },
    ...{ created_at: now, intent_at: now, tries: 0, real_time: true },
  });
}
