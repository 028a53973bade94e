import { expect, test } from "vitest";
import { stopOf } from "../../../../shared/workflow/job-stop.ts";

test.each([
  [{}, {}, null],
  [{}, null, null],
  [{ deadline_at: 101 }, {}, null],
  [{ deadline_at: 100 }, {}, "expired"],
  [{}, { cancel_requested: true }, "cancelled"],
  [{}, { cancel_requested: false }, null],
  [{ deadline_at: 100 }, { cancel_requested: true }, "cancelled"],
])("a batch %j of a job %j is stopped as %j", (batch, job, status) => {
  expect(stopOf(batch, job, 100)?.status ?? null).toBe(status);
});
