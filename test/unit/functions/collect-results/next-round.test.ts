import { expect, test } from "vitest";
import { waitingLines, writeNextRound } from "../../../../functions/collect-results/next-round.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { requestKey, tagOf } from "../../../../shared/objects/keys.ts";
import { readText, writeText } from "../../../../shared/objects/objects.ts";
import { formatOf } from "../../../../shared/providers/formats.ts";
import { linesOf, requestsOf } from "../../../../shared/round/request-lines.ts";
import { startLocalData } from "../../../harness/local-data.ts";

await startLocalData();
const NAMES = ["openai", "anthropic"] as const;
/** Bodies that could be taken for framing or for ids. */
const BODIES = [
  '"x":"y"',
  '"text":"},\\n{\\"custom_id\\":\\"z\\"}"',
  '"日本語":"\u2028"',
  '"deep":{"custom_id":"a","b":[1,2]}',
];

const specOf = (provider: (typeof NAMES)[number]) => JobSpec.parse({ provider, model: "m" });

/** Writes round 1 of a batch with the given lines. */
async function roundOne(job_id: string, provider: (typeof NAMES)[number], lines: number[]) {
  const { framing } = formatOf(provider);
  const tag = tagOf(job_id, 1, 1);
  const requests = lines.map((line, at) => `{"custom_id":"${tag}-${line}",${BODIES[at % BODIES.length]}}`);
  await writeText(requestKey(job_id, 1, 1), framing.open + requests.join(framing.separator) + framing.close);
  return { job_id, batch: 1, round: 1, requests };
}

test.for(NAMES)("%s: requests are read back as they were, without the framing", async (provider) => {
  const one = await roundOne(`read-${provider}`, provider, [2, 3, 10, 400]);
  const read: [number, string][] = [];
  for await (const chunk of requestsOf(one))
    for (const { line, bytes } of chunk) read.push([line, bytes.toString()]);
  expect(read).toEqual([2, 3, 10, 400].map((line, at) => [line, one.requests[at]]));
  expect(await linesOf(one)).toEqual(new Set([2, 3, 10, 400]));
});

test.for(NAMES)("%s: the next round has the same requests under its own tag", async (provider) => {
  const one = await roundOne(`next-${provider}`, provider, [2, 3, 10, 400]);
  const format = formatOf(provider);
  const part = await writeNextRound(one, new Set([3, 400]), new Set(), specOf(provider), 1e6);
  expect(part).toMatchObject({ quote: { requests: 2 }, deferred: 0 });
  const [first, second] = [tagOf(one.job_id, 1, 1), tagOf(one.job_id, 1, 2)];
  expect(second).not.toBe(first);
  const { open, separator, close } = format.framing;
  const expected = [1, 3].map((at) =>
    (one.requests[at] ?? "").replace(`{"custom_id":"${first}-`, `{"custom_id":"${second}-`),
  );
  expect(await readText(requestKey(one.job_id, 1, 2))).toBe(open + expected.join(separator) + close);
  // And the round after that, from the first again.
  await writeNextRound({ ...one, round: 2 }, new Set([400]), new Set(), specOf(provider), 1e6);
  expect(await linesOf({ ...one, round: 3 })).toEqual(new Set([400]));
});

test("what does not fit waits, in order, and is known apart from what was tried", async () => {
  const one = await roundOne("parts", "openai", [1, 2, 3, 4]);
  const bytes = one.requests.slice(0, 2).join("\n").length + 1;
  const part = await writeNextRound(one, new Set([1, 2, 4]), new Set([3]), specOf("openai"), bytes);
  expect(part).toMatchObject({ quote: { requests: 2 }, deferred: 2 });
  expect(await linesOf({ ...one, round: 2 })).toEqual(new Set([1, 2]));
  expect(await waitingLines({ ...one, round: 2 })).toEqual({ fresh: new Set([4]), again: new Set([3]) });
});

test("one request goes however small the room", async () => {
  const one = await roundOne("tight", "anthropic", [5, 6]);
  expect(await writeNextRound(one, new Set([5, 6]), new Set(), specOf("anthropic"), 1)).toMatchObject({
    quote: { requests: 1 },
    deferred: 1,
  });
});

test("nothing waits before the first round", async () => {
  expect(await waitingLines({ job_id: "none", batch: 1, round: 1 })).toEqual({
    fresh: new Set(),
    again: new Set(),
  });
});
