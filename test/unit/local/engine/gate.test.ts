import { expect, test } from "vitest";
import { Gate } from "../../../../local/engine/gate.ts";

test("so many are let through at once, in the order in which they came", async () => {
  const gate = new Gate(2);
  const began: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3].map((n) =>
    gate.pass(async () => {
      began.push(n);
      await new Promise<void>((end) => {
        ends[n] = end;
      });
    }),
  );
  const turn = () => new Promise(setImmediate);
  await turn();
  expect(began).toEqual([0, 1]);
  ends[1]?.();
  await turn();
  expect(began).toEqual([0, 1, 2]);
  ends[0]?.();
  await turn();
  expect(began).toEqual([0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  await Promise.all(all);
});

test("work that fails gives its room to the next", async () => {
  const gate = new Gate(1);
  const failed = gate.pass(() => Promise.reject(new Error("no")));
  const next = gate.pass(async () => "done");
  await expect(failed).rejects.toThrow("no");
  expect(await next).toBe("done");
  expect(await gate.pass(async () => "again")).toBe("again");
});
