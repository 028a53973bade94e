import { expect, test } from "vitest";
import { overCost } from "../../../../functions/submit-batch/over-cost.ts";
import type { Charge } from "../../../../shared/models.ts";
import { NO_CHARGE } from "../../../../shared/money/sums.ts";
import type { BatchRecord } from "../../../../shared/records/batch-record.ts";
import type { JobRecord } from "../../../../shared/records/job-record.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf, setBatch } from "../../../harness/record.ts";

await startLocalData();

const usd = (cost_usd: number | null): Charge => ({ ...NO_CHARGE, cost_usd, real_time_usd: cost_usd });
const capped = (max_cost_usd?: number) => ({ max_cost_usd }) as JobRecord;

/** A round that waits to be sent, in the table. */
async function begun(job_id: string, batch: number, more: Partial<BatchRecord> = {}): Promise<BatchRecord> {
  const waiting = { status: "pending" as const, provider_batch_id: undefined, quote: usd(1) };
  const record = recordOf({ job_id, batch, ...waiting, ...more });
  await begin(record);
  return record;
}

test("a round goes when all together stays within the cap, and not above it", async () => {
  const job_id = "sum";
  await begun(job_id, 1, {
    status: "completed",
    provider_batch_id: "a",
    collected: true,
    billed: { m: usd(0.5) },
  });
  await begun(job_id, 1, { round: 2 });
  const round = await begun(job_id, 2);
  expect(await overCost(round, capped(2.5))).toBeNull();
  expect(await overCost(round, capped(2.49))).toMatchObject({
    status: "failed",
    over_cost: true,
    error: expect.stringContaining("max_cost_usd of 2.49"),
  });
  expect(await overCost(round, capped())).toBeNull();
});

test("of two rounds that begin before either reads, never both are sent", async () => {
  const [one, two] = [await begun("both", 1), await begun("both", 2)];
  expect(await overCost(one, capped(1.5))).not.toBeNull();
  expect(await overCost(two, capped(1.5))).not.toBeNull();
});

test("a round that was never sent costs nothing; one that has ended and is not collected may cost its quote", async () => {
  await begun("ended", 1, { status: "failed", over_cost: true });
  const round = await begun("ended", 2);
  expect(await overCost(round, capped(1))).toBeNull();
  await begun("ended", 3, { status: "completed", provider_batch_id: "b" });
  expect(await overCost(round, capped(1.9))).not.toBeNull();
  expect(await overCost(round, capped(2))).toBeNull();
});

test("a model that answers under a name without a price counts as quoted; without a quote nothing goes", async () => {
  await begun("names", 1, {
    status: "completed",
    provider_batch_id: "a",
    collected: true,
    billed: { m: usd(null) },
  });
  const round = await begun("names", 2);
  expect(await overCost(round, capped(2))).toBeNull();
  expect(await overCost(round, capped(1.9))).not.toBeNull();
  const unknown = await begun("unknown", 1, { quote: usd(null) });
  expect(await overCost(unknown, capped(1e9))).not.toBeNull();
});

test("however many rounds read at once, those that are sent stay within the cap together", async () => {
  for (let attempt = 1; attempt <= 5; attempt++) {
    const job_id = `crowd-${attempt}`;
    const went = await Promise.all(
      Array.from({ length: 12 }, async (_, at) => {
        const round = await begun(job_id, at + 1, { quote: usd(1) });
        const end = await overCost(round, capped(6));
        if (!end) return 1;
        // As `submit-batch` records it: those that come later need not reckon with it.
        await setBatch(round, end);
        return 0;
      }),
    );
    expect(went.reduce<number>((sum, cost) => sum + cost, 0)).toBeLessThanOrEqual(6);
  }
});

test("input that proved to be more than its estimate is counted for rounds to come; less is not", async () => {
  const tokens = (prompt_tokens: number, cost_usd: number) => ({ ...usd(cost_usd), prompt_tokens });
  const quote = { ...tokens(100, 1), input_usd: 0.5 };
  const done = { status: "completed" as const, provider_batch_id: "a", quote };
  await begun("more", 1, { ...done, collected: true, billed: { m: tokens(140, 0.7) } });
  const round = await begun("more", 2, { quote });
  // 0.7, and 1 with 40 % more for its 0.5 of input.
  expect(await overCost(round, capped(1.91))).toBeNull();
  expect(await overCost(round, capped(1.89))).not.toBeNull();
  await begun("less", 1, { ...done, collected: true, billed: { m: tokens(40, 0.2) } });
  const other = await begun("less", 2, { quote });
  expect(await overCost(other, capped(1.2))).toBeNull();
  expect(await overCost(other, capped(1.19))).not.toBeNull();
});
