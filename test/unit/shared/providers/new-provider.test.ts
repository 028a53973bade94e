/** A provider more is a profile and a line of the list: everything else goes by the list. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { providerChecks } from "../../../../cli/doctor/provider-checks.ts";
import { quoteFile } from "../../../../cli/input/quote-file.ts";
import { program } from "../../../../cli/program.ts";
import { ProviderName } from "../../../../shared/models.ts";
import { formatOf } from "../../../../shared/providers/formats.ts";
import { itemLines, startWorld } from "../../../harness/harness.ts";
import { lambda, synthesize } from "../../infra/stack.ts";

vi.mock("../../../../shared/providers/list.ts", async (original) => {
  const list = await original<typeof import("../../../../shared/providers/list.ts")>();
  const { keyVariables } = await import("../../../../shared/providers/profile.ts");
  const profile: (typeof list.PROFILES)["openai"] = {
    ...list.PROFILES.openai,
    title: "Dummy & Co",
    id: "DummyCo",
    variables: keyVariables("DUMMY"),
    price: { list: "openai", batch_share: 0.25 },
    limits: { max_requests: 2, max_bytes: 1000, longest_hours: 48, now_per_minute: 60 },
  };
  Object.assign(list.PROFILES, { "dummy-co": profile });
  (list.PROVIDER_NAMES as string[]).push("dummy-co");
  return list;
});

const NAME = "dummy-co" as ProviderName;

test("it is a name, a format and a choice of the command", async () => {
  expect(ProviderName.options).toContain(NAME);
  expect(formatOf(NAME).limits.max_requests).toBe(2);
  const run = (await program(["run"], () => {})).commands.find((command) => command.name() === "run");
  expect(run?.options.find(({ long }) => long === "--provider")?.argChoices).toContain(NAME);
});

test("the stack is synthesized with it, when it is asked for", { timeout: 300_000 }, () => {
  const { template } = synthesize({
    providers: "openai,dummy-co",
    dummyCoBaseUrl: "https://dummy.example/v1",
  });
  expect(Object.keys(template.findOutputs("*"))).toEqual(
    expect.arrayContaining(["OpenAiSecretName", "DummyCoSecretName"]),
  );
  expect(template.findOutputs("AnthropicSecretName")).toEqual({});
  const { Variables } = lambda(template, "submit-batch").Environment;
  expect(Variables).toMatchObject({
    PROVIDERS: "openai,dummy-co",
    DUMMY_BASE_URL: "https://dummy.example/v1",
  });
  expect(Variables).toHaveProperty("DUMMY_SECRET_ID");
  expect(Variables).not.toHaveProperty("ANTHROPIC_SECRET_ID");
  const alarms = JSON.stringify(template.findResources("AWS::CloudWatch::Alarm"));
  expect(alarms).toContain("A batch has been at dummy-co for 50 hours");
});

test("a stack without it refuses its jobs", async () => {
  vi.stubEnv("PROVIDERS", "openai,anthropic");
  onTestFinished(() => void vi.unstubAllEnvs());
  const { resolveSpec } = await import("../../../../functions/prepare-job/job-spec.ts");
  const settings = { provider: NAME, model: "m" };
  expect(() => resolveSpec([{ from: "the test", settings }])).toThrow(
    "deploy it with -c providers=openai,anthropic,dummy-co",
  );
});

test("the doctor checks its key", async () => {
  const { value } = await providerChecks(NAME, true).next();
  expect(value).toMatchObject({ name: "Dummy & Co key", outcome: "wrong", what: "not set" });
  expect(value?.fix).toContain("DUMMY_API_KEY");
});

test("its jobs are quoted, run, and listed", async () => {
  const world = await startWorld();
  const sandbox = await world.sandbox();
  vi.stubEnv("DUMMY_BASE_URL", sandbox.openaiBaseUrl);
  vi.stubEnv("DUMMY_API_KEY", "dummy");
  onTestFinished(() => void vi.unstubAllEnvs());
  const job = { provider: NAME, model: "gpt-4.1-mini" };
  const dir = mkdtempSync(join(tmpdir(), "nightshift-new-provider-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, "data.jsonl");
  writeFileSync(file, itemLines(5).join("\n"));
  const quoted = await quoteFile(file, job);
  expect(quoted).toMatchObject({ items: 5, batches: 3, refusal: null });

  const run = await world.run(itemLines(5), { job });
  expect(run.record).toMatchObject({ provider: NAME, status: "completed", batch_count: 3 });
  expect(run.summary?.receipt?.cost_usd).toBeCloseTo((run.summary?.receipt?.real_time_usd ?? 0) / 4, 12);
  const { listJobs } = await import("../../../../shared/records/job-record.ts");
  expect((await listJobs(10)).map(({ provider }) => provider)).toEqual([NAME]);
});
