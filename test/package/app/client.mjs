// A program that runs a job and reads its results.
import { openNightshift } from "nightshift/client";
import { BatchResult } from "nightshift/models";

const nightshift = await openNightshift({ sandbox: true, dataDir: process.argv[2] });
const { job_id } = await nightshift.submit("data.jsonl", { provider: "openai", model: "gpt-4.1-mini" });
const { status, counts } = await nightshift.wait(job_id);
let results = 0;
for await (const result of nightshift.results(job_id)) {
  BatchResult.parse(result);
  results++;
}
await nightshift.close();
console.log(JSON.stringify({ status, succeeded: counts.succeeded, results }));
