/** Result lines are counted once, however often a download is cut: the count tells whether some are missing. */
import { expect, onTestFinished, test } from "vitest";
import { fetchAnswers } from "../../../../functions/collect-results/fetch-answers.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { wireId } from "../../../../shared/objects/keys.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";
import { ApiServer, type Route } from "../../shared/providers/api-server.ts";
import { providerAt } from "../../shared/providers/submission.ts";

await startLocalData();
const spec = JobSpec.parse({ provider: "openai", model: "m" });

/** A server of one file of results, whose connection breaks after `cuts` bytes of it, then after more. */
function cutting(text: string, cuts: number[], byRange: boolean): Route {
  return ({ headers }, response) => {
    const whole = Buffer.from(text);
    const from = byRange ? Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0) : 0;
    const cut = cuts.shift();
    const range = { "content-range": `bytes ${from}-${whole.length - 1}/${whole.length}` };
    response.writeHead(from > 0 ? 206 : 200, {
      "content-length": whole.length - from,
      ...(from > 0 && range),
    });
    if (cut === undefined) response.end(whole.subarray(from));
    else response.write(whole.subarray(from, cut), () => setImmediate(() => response.destroy()));
  };
}

test.each([
  ["never cut", [], true],
  ["cut twice, read on by range", [2.5, 3.5], true],
  ["cut twice, read on from the beginning", [2.5, 3.5], false],
] as const)("%s", async (name, cuts, byRange) => {
  const record = recordOf({ job_id: name, raw: { id: "b", output_file_id: "out", error_file_id: null } });
  const file = { spec, key: "k", header: 0, lines: 5, batches: [] };
  const lineOf = (line: number) =>
    `${JSON.stringify({ custom_id: wireId(record.tag, line), response: null, error: { code: "batch_expired" } })}\n`;
  const foreign = `${JSON.stringify({ custom_id: "somebody-1", response: null, error: { code: "batch_expired" } })}\n`;
  const text = [1, 2, 3, 4, 5].map(lineOf).join("") + foreign;
  const bytes = cuts.map((lines) => Math.floor(lines * lineOf(1).length));
  const server = await ApiServer.start({
    "GET /v1/files/out/content": cutting(text, bytes, byRange),
  });
  const provider = await providerAt("openai", `${server.url}/v1`);
  const answers = await fetchAnswers(record, file, provider, () => false);
  onTestFinished(() => answers.spool.close());
  expect(bytes, "cuts that did not happen").toEqual([]);
  expect(answers.complete).toBe(true);
  expect([1, 2, 3, 4, 5, 6].map((line) => answers.spool.statusOf(line))).toEqual([
    ...Array(5).fill("expired"),
    undefined,
  ]);
});
