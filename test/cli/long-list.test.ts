/** Output that is longer than a pipe holds. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openStores } from "../../local/engine/stores.ts";
import { claimJob } from "../../shared/records/job-record.ts";
import { Place } from "../harness/command.ts";

const COMMAND = join(import.meta.dirname, "../../bin/nightshift.js");
const JOBS = 400;

test("a reader that takes its time gets all of a long list", async () => {
  const { dir } = new Place();
  const stores = openStores(join(dir, ".nightshift/sandbox/built-in/engine"));
  for (let n = 0; n < JOBS; n++) {
    const info = { job_id: `job-${n}`, provider: "openai" as const, model: "x".repeat(60), raw: null };
    await claimJob({ ...info, status: "pending", request_count: 0, created_at: n }, `execution-${n}`);
  }
  stores.close();
  const command = `"$0" "$1" list --json --limit ${JOBS} | (sleep 1; wc -l)`;
  const { stdout } = spawnSync("sh", ["-c", command, process.execPath, COMMAND], {
    cwd: dir,
    encoding: "utf8",
  });
  expect(stdout.trim()).toBe(String(JOBS));
});
