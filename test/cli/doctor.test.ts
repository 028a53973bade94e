/** `nightshift doctor` as a process of its own: each thing that can be wrong on a laptop is found, with how to fix it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { rateLimited, strike } from "../../local/sandbox/faults.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { item, Place } from "../harness/command.ts";
import { AWS_USER } from "../harness/providers.ts";
import { ApiServer } from "../unit/shared/providers/api-server.ts";

interface Check {
  name: string;
  outcome: string;
  what: string;
  fix?: string;
}

/** What the doctor says of a place: its exit code, its checks by name, and all it printed. */
async function examine(place: Place, ...args: string[]) {
  const { code, stdout, stderr } = await place.run(["doctor", "--json", ...args]);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const { type, ...sum } = lines.pop();
  expect({ type, stderr }).toEqual({ type: "doctor", stderr: "" });
  const checks = new Map<string, Check>(lines.map((check) => [check.name, check]));
  return { code, checks, sum, text: stdout };
}

test("everything well: exit code 0, and no key is shown", async () => {
  const place = new Place();
  await place.provider();
  const { code, checks, sum, text } = await examine(place);
  expect({ code, sum }).toMatchObject({ code: 0, sum: { wrong: 0 } });
  for (const name of ["data folder", "sandbox", "OpenAI key", "OpenAI", "Anthropic key", "Anthropic"])
    expect(checks.get(name)).toMatchObject({ outcome: "ok" });
  expect(checks.get("OpenAI address")?.what).toMatch(
    /leads to http:\/\/127\.0\.0\.1:\d+\/openai\/v1, this machine$/,
  );
  expect(text).not.toContain("test-key");
});

test("for people: a line a check, a line on how to fix, and a sum", async () => {
  const { code, stdout } = await new Place().run(["doctor"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {2}ok +Node\.js +\d+/m);
  expect(stdout).toMatch(
    /^ {2}warning +OpenAI key +not set; jobs in the sandbox need none\n +Set OPENAI_API_KEY/m,
  );
  expect(stdout).toMatch(/^No problems; see the warnings/m);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is what is tested
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test("no keys: two warnings, with how to set one and how to do without", async () => {
  const { code, checks } = await examine(new Place());
  expect(code).toBe(0);
  expect(checks.get("OpenAI key")).toMatchObject({
    outcome: "warning",
    fix: expect.stringContaining("--sandbox"),
  });
  expect(checks.get("Anthropic key")).toMatchObject({
    outcome: "warning",
    fix: expect.stringContaining("ANTHROPIC_API_KEY"),
  });
  expect(checks.has("OpenAI")).toBe(false);
});

test("one key is enough, unless the other provider is asked for", async () => {
  const place = new Place();
  await place.provider();
  place.env.ANTHROPIC_API_KEY = "";
  const either = await examine(place);
  expect(either.code).toBe(0);
  expect(either.checks.get("Anthropic key")).toMatchObject({ outcome: "skipped" });
  const one = await examine(place, "--provider", "openai");
  expect([one.code, one.checks.has("Anthropic key")]).toEqual([0, false]);
  const other = await examine(place, "--provider", "anthropic");
  expect(other.code).toBe(1);
  expect(other.checks.get("Anthropic key")).toMatchObject({ outcome: "wrong", what: "not set" });
});

test("a key that is none, and keys that the providers refuse", async () => {
  const place = new Place();
  await place.provider({ keys: { openai: ["another-openai-key"], anthropic: ["another-anthropic-key"] } });
  const refused = await examine(place);
  expect(refused.code).toBe(1);
  expect(refused.checks.get("OpenAI")).toMatchObject({
    outcome: "wrong",
    what: "OpenAI refused the API key (401): invalid_api_key",
    fix: expect.stringContaining("https://platform.openai.com/api-keys"),
  });
  expect(refused.checks.get("Anthropic")).toMatchObject({
    outcome: "wrong",
    fix: expect.stringContaining("ANTHROPIC_API_KEY"),
  });
  place.env.OPENAI_API_KEY = "sk one two";
  const { checks, text } = await examine(place);
  expect(checks.get("OpenAI key")).toMatchObject({
    outcome: "wrong",
    what: expect.stringContaining("odd characters"),
  });
  expect(text).not.toContain("one two");
});

test("a provider that cannot be reached, one that asks to wait, one that is none, and an address that is none", async () => {
  const place = new Place();
  const sandbox = await place.provider();
  await sandbox.close();
  const away = await examine(place, "--provider", "openai");
  expect(away.code).toBe(1);
  expect(away.checks.get("OpenAI")).toMatchObject({
    outcome: "wrong",
    what: expect.stringContaining("cannot be reached"),
    fix: expect.stringContaining("https://status.openai.com"),
  });
  place.env.HTTPS_PROXY = "http://127.0.0.1:1";
  const proxied = await examine(place, "--provider", "openai");
  expect(proxied.checks.get("OpenAI")?.fix).toContain("NODE_USE_ENV_PROXY=1");

  const page = createServer((_request, response) => void response.end("<html>"));
  await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void page.close());
  place.env.ANTHROPIC_BASE_URL = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
  const other = await examine(place, "--provider", "anthropic");
  expect(other.checks.get("Anthropic")).toMatchObject({
    outcome: "wrong",
    fix: expect.stringContaining("ANTHROPIC_BASE_URL"),
  });

  await place.provider({ faults: strike({}, rateLimited(7)) });
  const limited = await examine(place, "--provider", "openai");
  expect(limited.code).toBe(0);
  expect(limited.checks.get("OpenAI")).toMatchObject({ outcome: "warning" });

  place.env.OPENAI_BASE_URL = "api.openai.com";
  const bad = await examine(place, "--provider", "openai");
  expect(bad.code).toBe(1);
  expect(bad.checks.get("OpenAI address")).toMatchObject({ outcome: "wrong" });
  expect(bad.checks.has("OpenAI")).toBe(false);
});

test("--offline calls nobody; an address elsewhere is warned of", async () => {
  const place = new Place();
  place.env = { OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: "https://proxy.example/v1?x=secret-word" };
  const { code, checks, text } = await examine(place, "--offline");
  expect(code).toBe(0);
  expect(checks.get("OpenAI")).toMatchObject({ outcome: "skipped" });
  expect(checks.get("OpenAI address")).toMatchObject({
    outcome: "warning",
    what: expect.stringContaining("https://proxy.example/v1"),
  });
  expect(text).not.toContain("secret-word");
  place.env.OPENAI_BASE_URL = "https://user:secret-word@proxy.example/v1";
  const bad = await examine(place);
  expect(bad.checks.get("OpenAI address")).toMatchObject({ outcome: "wrong" });
  expect(bad.text).not.toContain("secret-word");
});

test("Bedrock's address in real time counts as its other one does", async () => {
  const place = new Place();
  place.env = {
    ...AWS_USER,
    ...PROFILES.bedrock.variables.needed,
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: "https://proxy.example/runtime",
  };
  const { code, checks } = await examine(place, "--offline", "--provider", "bedrock");
  expect(code).toBe(0);
  expect(checks.get("Amazon Bedrock address in real time")).toMatchObject({
    outcome: "warning",
    what: expect.stringContaining("AWS_ENDPOINT_URL_BEDROCK_RUNTIME leads to https://proxy.example/runtime"),
  });
  place.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = "proxy.example";
  expect((await examine(place, "--offline", "--provider", "bedrock")).code).toBe(1);
});

test("clocks that are apart: a lost batch would not be found again", async () => {
  const place = new Place();
  await using slow = await ApiServer.start({
    "GET /batches": (_got, response) => {
      response.setHeader("date", new Date(Date.now() - 600_000).toUTCString());
      return { object: "list", data: [] };
    },
  });
  place.env = { OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: slow.url };
  const { code, checks } = await examine(place, "--provider", "openai");
  expect(code).toBe(1);
  expect(checks.get("OpenAI")).toMatchObject({ outcome: "ok" });
  expect(checks.get("OpenAI clock")).toMatchObject({
    outcome: "wrong",
    what: expect.stringMatching(/^this machine's is 6\d\d s ahead$/),
  });
});

test("who runs the folder's jobs, and that nobody does", async () => {
  const place = new Place();
  await place.provider({ latencySeconds: 60 });
  const job = [
    "run",
    place.file("data.jsonl", [item("a")]),
    "--provider",
    "openai",
    "--model",
    "gpt-4.1-mini",
  ];
  const running = place.start(job);
  await running.prints(/WaitForProvider/);
  expect((await examine(place)).checks.get("jobs")).toMatchObject({
    outcome: "ok",
    what: expect.stringMatching(/^1 unfinished; process \d+ runs them \(http:.*\)$/),
  });
  running.kill("SIGKILL");
  await running.ended;
  const { code, checks } = await examine(place);
  expect(code).toBe(0);
  expect(checks.get("jobs")).toMatchObject({
    outcome: "warning",
    what: expect.stringMatching(/^1 unfinished, and no process runs them \(http:/),
    fix: expect.stringMatching(/^nightshift watch data-\S+ resumes/),
  });
});

test("a data folder that cannot be", async () => {
  const place = new Place();
  await place.provider();
  const { code, checks } = await examine(place, "--data-dir", `${place.file("file", "")}/data`);
  expect(code).toBe(1);
  expect(checks.get("data folder")).toMatchObject({
    outcome: "wrong",
    fix: expect.stringContaining("--data-dir"),
  });
});

test("what does not go together is refused", async () => {
  const { code, stderr } = await new Place().run(["doctor", "--stack", "Nightshift", "--offline"]);
  expect(code).toBe(2);
  expect(stderr).toContain("--offline cannot go with --stack");
});
