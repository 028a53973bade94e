import { expect, test } from "vitest";
import { createBatch, readBatch } from "../../../shared/batch-record.ts";
import { notingTrouble } from "../../../shared/batch-trouble.ts";
import { ProviderAuthError, ProviderUnavailableError } from "../../../shared/errors.ts";
import { recordOf } from "../functions/collect-results/record.ts";
import { startLocalData } from "./local-data.ts";

await startLocalData();
const id = (job_id: string) => ({ job_id, batch: 1, round: 1 });
const failing = (error: Error) => () => Promise.reject(error);

test("a provider that cannot answer now is noted, and the error goes on", async () => {
  await createBatch(recordOf({ job_id: "busy" }));
  const step = failing(new ProviderUnavailableError("OpenAI answered 503"));
  await expect(notingTrouble(id("busy"), () => 20, step)).rejects.toThrow("503");
  expect((await readBatch(id("busy")))?.trouble).toEqual({ message: "OpenAI answered 503", at: 20 });
});

test("other errors are not noted: they are told where the job is", async () => {
  await createBatch(recordOf({ job_id: "refused" }));
  const step = failing(new ProviderAuthError("refused the key"));
  await expect(notingTrouble(id("refused"), () => 20, step)).rejects.toThrow("refused the key");
  expect(await readBatch(id("refused"))).not.toHaveProperty("trouble");
});

test("a batch without a record yet makes no new trouble", async () => {
  const step = failing(new ProviderUnavailableError("busy"));
  await expect(notingTrouble(id("none"), () => 20, step)).rejects.toThrow("busy");
  expect(await readBatch(id("none"))).toBeNull();
});
