import { expect, test } from "vitest";
import { batchEnds, readBatch } from "../../../../shared/records/batch-record.ts";
import { takeCreate } from "../../../../shared/records/create-rate.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import {
  claimCreated,
  claimFound,
  proveClaim,
  releaseClaim,
} from "../../../../shared/records/provider-claim.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();
const id = (job_id: string, batch = 1, round = 1) => ({ job_id, batch, round });

test("a round is begun once", async () => {
  expect(await begin(recordOf({ job_id: "once", attempt: 0 }))).toBe(true);
  expect(await begin(recordOf({ job_id: "once", attempt: 9 }))).toBe(false);
  expect(await readBatch(id("once"))).toMatchObject({ attempt: 0 });
  expect(await readBatch(id("once", 1, 2))).toBeNull();
});

test("how far each batch came: its last round, and the last that is safe, also beyond ten", async () => {
  for (const [batch, round, collected] of [
    [1, 1, true],
    [1, 2, true],
    [1, 10, false],
    [2, 1, false],
    [12, 1, true],
  ] as const) {
    await begin(recordOf({ job_id: "ends", batch, round, collected }));
  }
  await begin(recordOf({ job_id: "ends2", batch: 7 }));
  const ends = await batchEnds("ends");
  expect(
    [...ends].map(([batch, { last, collected }]) => [batch, last.round, collected?.round]).sort(),
  ).toEqual([
    [1, 10, 2],
    [12, 1, 1],
    [2, 1, undefined],
  ]);
});

test("a provider batch found by two is one's", async () => {
  const claims = await Promise.all(
    [1, 2, 3].map((batch) => claimFound("openai", "b", id("claim", batch), true)),
  );
  expect(claims.filter((claim) => claim === "ours")).toHaveLength(1);
  expect(claims.filter((claim) => claim === "taken")).toHaveLength(2);
  const owner = id("claim", claims.indexOf("ours") + 1);
  expect(await claimFound("openai", "b", owner, true)).toBe("ours");
  expect(await claimFound("anthropic", "b", id("claim", 9), true)).toBe("ours");
});

test("a claim by time and count stays open until it is proved, and can be given back", async () => {
  const [mine, other] = [id("proof", 1), id("proof", 2)];
  expect(await claimFound("anthropic", "p", mine, false)).toBe("ours");
  expect(await claimFound("anthropic", "p", other, false)).toBe("unproved");
  await proveClaim("anthropic", "p", other);
  expect(await claimFound("anthropic", "p", other, false)).toBe("unproved");
  await releaseClaim("anthropic", "p", other);
  expect(await claimFound("anthropic", "p", other, false)).toBe("unproved");
  await proveClaim("anthropic", "p", mine);
  expect(await claimFound("anthropic", "p", other, false)).toBe("taken");
  await releaseClaim("anthropic", "p", mine);
  expect(await claimFound("anthropic", "p", other, false)).toBe("ours");
});

test("the run that created a batch has it, whatever another believed", async () => {
  await claimFound("anthropic", "c", id("mistaken"), false);
  await claimCreated("anthropic", "c", id("creator"));
  expect(await claimFound("anthropic", "c", id("mistaken"), false)).toBe("taken");
  expect(await claimFound("anthropic", "c", id("creator"), false)).toBe("ours");
});

test("creates are counted by the hour, a provider each", async () => {
  const now = 10 * 3600 + 100;
  const waits: number[] = [];
  for (let create = 0; create < 4; create++) waits.push(await takeCreate({ provider: "openai" }, 3, now));
  expect(waits).toEqual([0, 0, 0, 3500]);
  expect(await takeCreate({ provider: "anthropic" }, 3, now)).toBe(0);
  expect(await takeCreate({ provider: "openai" }, 3, now + 3500)).toBe(0);
  expect(await takeCreate({ provider: "openai" }, undefined, now)).toBe(0);
});
