/** How many requests go at once: one more with each answer, half after a refusal, spread when the minute is used up. */
import { expect, onTestFinished, test, vi } from "vitest";
import { MOST_AT_ONCE, NoRateError, Pacer, type TurnEnd } from "../../../../shared/providers/pacer.ts";
import { rateLimitsIn } from "../../../../shared/providers/wire/rate-limits.ts";

const signal = new AbortController().signal;

test("each answer lets one more go, up to the most; of refusals at the same time one halves", async () => {
  const pacer = new Pacer(4);
  const turns = await Promise.all([1, 2, 3, 4].map(() => pacer.turn(1, signal)));
  for (const turn of turns) pacer.done(turn, "answered");
  expect(pacer.atOnce).toBe(8);
  const more = await Promise.all(Array.from({ length: 8 }, () => pacer.turn(1, signal)));
  for (const turn of more) pacer.done(turn, "limited");
  expect(pacer.atOnce).toBe(4);
  for (let n = 0; n < 3; n++) pacer.done(await pacer.turn(1, signal), "answered");
  // From the first refusal on it grows by one in a whole round.
  expect(pacer.atOnce).toBe(4);
  expect(new Pacer(10_000).atOnce).toBe(MOST_AT_ONCE);
});

test("a turn waits until another is given back, and ends with the signal", async () => {
  const pacer = new Pacer(1);
  const first = await pacer.turn(1, signal);
  let came = false;
  const second = pacer.turn(1, signal).then((turn) => {
    came = true;
    return turn;
  });
  await new Promise(setImmediate);
  expect(came).toBe(false);
  pacer.done(first, "failed");
  pacer.done(await second, "failed");
  await pacer.turn(1, signal);
  const stop = new AbortController();
  const never = pacer.turn(1, stop.signal);
  stop.abort(new Error("enough"));
  await expect(never).rejects.toThrow("enough");
});

test("what an answer says is left counts down with the requests that were begun since", async () => {
  const pacer = new Pacer(10);
  const first = await pacer.turn(100, signal);
  await pacer.turn(100, signal);
  // One had begun since: nothing is left, and the next comes after a share of a minute.
  pacer.learn(first, { requests: { limit: 6000, remaining: 1 } });
  const before = Date.now();
  await pacer.turn(100, signal);
  expect(Date.now() - before).toBeGreaterThanOrEqual(8);
});

test("refusals that name no time pause all for a second, then for two; an answer ends that", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const pacer = new Pacer(4);
  async function pauseAfter(end: TurnEnd): Promise<number> {
    pacer.done(await pacer.turn(1, signal), end);
    const began = Date.now();
    const next = pacer.turn(1, signal);
    await vi.runAllTimersAsync();
    pacer.done(await next, "failed");
    return Date.now() - began;
  }
  expect([await pauseAfter("limited"), await pauseAfter("limited")]).toEqual([1000, 2000]);
  expect(await pauseAfter("answered")).toBe(0);
  expect(await pauseAfter("limited")).toBe(1000);
  for (let n = 0; n < 10; n++) await pauseAfter("limited");
  expect(await pauseAfter("limited")).toBe(60_000);
});

test("a limit of 0 is told, not waited for", async () => {
  const pacer = new Pacer(10);
  pacer.learn(await pacer.turn(1, signal), { tokens: { limit: 0, remaining: 0 } });
  await expect(pacer.turn(1, signal)).rejects.toThrow(NoRateError);
});

test.each([
  [
    { "x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "499" },
    { requests: { limit: 500, remaining: 499 }, tokens: undefined },
  ],
  [
    { "anthropic-ratelimit-tokens-limit": "80000", "anthropic-ratelimit-tokens-remaining": "0" },
    { requests: undefined, tokens: { limit: 80_000, remaining: 0 } },
  ],
  [{ "x-ratelimit-limit-requests": "many" }, { requests: undefined, tokens: undefined }],
  [
    { "x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-requests": "1" },
    { requests: undefined, tokens: undefined },
  ],
])("headers %j", (headers, limits) => {
  expect(rateLimitsIn(new Map(Object.entries(headers)))).toEqual(limits);
});
