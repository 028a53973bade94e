import { setTimeout as sleep } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { adopt } from "../../../../functions/submit-batch/adopt-batch.ts";
import { unixNow } from "../../../../shared/clock.ts";
import { tagOf, wireId } from "../../../../shared/objects/keys.ts";
import { providerOf } from "../../../../shared/providers/registry.ts";
import { readBatch } from "../../../../shared/records/batch-record.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { claimFound } from "../../../../shared/records/provider-claim.ts";
import { startWorld } from "../../../harness/harness.ts";

const world = await startWorld();

/** A round of which only the intent is known, and a batch at the provider that another job holds without proof. */
async function heldByAnother(job_id: string, madeBy: string) {
  await world.sandbox();
  const provider = await providerOf({ provider: "anthropic" });
  const created_at = unixNow();
  const tag = tagOf(job_id, 1, 1);
  await begin({
    job_id,
    provider: "anthropic",
    model: "claude-haiku-4-5",
    status: "pending",
    created_at,
    request_count: 1,
    raw: null,
    batch: 1,
    round: 1,
    tag,
    attempt: 1,
    intent_at: created_at,
    creating_at: created_at,
  });
  const messages = [{ role: "user" as const, content: "Question" }];
  const batch = await new Anthropic().messages.batches.create({
    requests: [
      {
        custom_id: wireId(tagOf(madeBy, 1, 1), 1),
        params: { model: "claude-haiku-4-5", max_tokens: 9, messages },
      },
    ],
  });
  expect(
    await claimFound("anthropic", batch.id, { job_id: `${job_id}-dead`, batch: 1, round: 1 }, false),
  ).toBe("ours");
  const look = async () => {
    const found = await readBatch({ job_id, batch: 1, round: 1 });
    if (!found) throw new Error("no record");
    return adopt(found, provider, { now: unixNow(), settleSeconds: 0, firstWait: 1 });
  };
  return { id: batch.id, look };
}

/** What the looks come to once the batch has ended. */
async function decided(look: () => ReturnType<typeof adopt>) {
  for (;;) {
    const outcome = await look();
    if (outcome !== "undecided") return outcome;
    await sleep(20);
  }
}

test("a batch that another holds without proof is ours once its results have our tag", async () => {
  const { id, look } = await heldByAnother("ours", "ours");
  const adopted = await decided(look);
  expect(adopted).toMatchObject({ provider_batch_id: id });
  expect(await readBatch({ job_id: "ours", batch: 1, round: 1 })).not.toHaveProperty("unproved");
});

test("and it is not waited for any longer when its results have another's", async () => {
  const { id, look } = await heldByAnother("mine", "somebody");
  expect(await decided(look)).toBeNull();
  expect(await readBatch({ job_id: "mine", batch: 1, round: 1 })).toMatchObject({ disowned: [id] });
});
