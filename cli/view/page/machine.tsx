/** The state machine as it is drawn in the docs, with the present states lit. */
import { useEffect, useRef } from "preact/hooks";
import drawing from "../../../docs/state-machine.svg";
import type { ShownBatch, ShownJob } from "./api.ts";

function presentStates(job: ShownJob): Map<string, number> {
  const present = new Map<string, number>();
  const add = (name: string) => present.set(name, (present.get(name) ?? 0) + 1);
  if (job.ended) add(job.status === "failed" ? "Failed" : "Done");
  else if (job.batches === 0) add("PrepareJob");
  else if (job.batches_done === job.batches) add("FinalizeJob");
  else {
    add("ProcessBatches");
    for (const batch of job.begun) {
      const name = batchState(batch);
      if (name) add(name);
    }
  }
  return present;
}

function batchState({ state, waiting_for, real_time }: ShownBatch): string | undefined {
  if (state === "waiting") return waiting_for ? "WaitForCapacity" : "SubmitBatch";
  if (state === "running") return real_time ? "AnswerNow" : "WaitForProvider";
  if (state === "collecting") return "CollectResults";
  return state === "stopped" ? "RecordBatchFailure" : undefined;
}

export function Machine({ job }: { job: ShownJob }) {
  const place = useRef<HTMLDivElement>(null);
  const present = presentStates(job);
  const names = [...present.keys()].join(" ");
  useEffect(() => {
    for (const box of place.current?.querySelectorAll("[data-state]") ?? [])
      box.classList.toggle("lit", names.split(" ").includes(box.getAttribute("data-state") ?? ""));
  }, [names]);
  return (
    <section class="machine">
      <h2>State machine</h2>
      <p class="soft small" role="status">
        {[...present].map(([name, count]) => (count > 1 ? `${name} ×${count}` : name)).join(", ")}
      </p>
      <div ref={place} aria-hidden="true" dangerouslySetInnerHTML={{ __html: drawing }} />
    </section>
  );
}
