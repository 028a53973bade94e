import { expect, onTestFinished, test, vi } from "vitest";
import { askItems } from "../../../../functions/answer-now/ask-items.ts";
import { ProviderAuthError } from "../../../../shared/errors.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { requestKey, wireId } from "../../../../shared/objects/keys.ts";
import { writeText } from "../../../../shared/objects/objects.ts";
import type { Provider } from "../../../../shared/providers/provider.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();

const RUN_SECONDS = 300;
/** Seconds that a Lambda has beyond those. */
const MARGIN = 300;

// A run that waits longer is killed with its answers, which are then asked, and paid, again.
test("a key that is refused while a run ends does not make it wait longer than its Lambda lives", async () => {
  const record = recordOf({ job_id: "late", real_time: true });
  const lines = [1, 2].map((line) => ({ custom_id: wireId(record.tag, line), body: { model: "m" } }));
  await writeText(requestKey("late", 1, 1), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  let now = 0;
  let waitedUntil: number | undefined;
  const asked = Promise.withResolvers<void>();
  const seconds = (at: number) => new Promise((resolve) => setTimeout(resolve, at * 1000));
  const answerNow: Provider["answerNow"] = async ({ custom_id }, signal) => {
    if (custom_id === lines[0]?.custom_id)
      await seconds(RUN_SECONDS + 150).then(() => Promise.reject(new ProviderAuthError("refused")));
    asked.resolve();
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => {
      waitedUntil = now;
      reject(signal.reason);
    });
    return promise;
  };
  const journal = {
    has: () => false,
    open: async () => {},
    add: () => {},
    pause: async () => {},
    unknown: 0,
  };
  const asking = {
    record,
    spec: JobSpec.parse({ provider: "openai", model: "m" }),
    ...{ bytes_per_token: undefined, journal, budget: { take: () => 0, giveBack: () => {}, cap: undefined } },
    ...{ provider: { answerNow }, deps: { now: () => now, runSeconds: RUN_SECONDS } },
  } as unknown as Parameters<typeof askItems>[0];
  const ended = expect(askItems(asking)).rejects.toBeInstanceOf(ProviderAuthError);
  await asked.promise;
  for (; waitedUntil === undefined && now < RUN_SECONDS + MARGIN; now++)
    await vi.advanceTimersByTimeAsync(1000);
  await ended;
  expect(waitedUntil).toBeLessThan(RUN_SECONDS + MARGIN - 60);
  expect(journal.unknown).toBe(1);
});
