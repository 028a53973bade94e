/** `nightshift/client`, in a program of its own. */
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { item, Place } from "../harness/command.ts";

// Each test starts programs several times.
vi.setConfig({ testTimeout: 180_000 });

const CLIENT = join(import.meta.dirname, "../../cli/client/client.ts");
const JOB = { provider: "openai", model: "gpt-4.1-mini", min_poll_seconds: 1 };

/** Runs lines of a program that has a client. @returns what it prints, as JSON */
async function withClient(place: Place, lines: string, options = "{}"): Promise<unknown> {
  const head = `import { openNightshift } from ${JSON.stringify(CLIENT)};
await using nightshift = await openNightshift(${options});
const JOB = ${JSON.stringify(JOB)};
const said = (call) => call.then(({ state }) => state, ({ message }) => message);
const print = (value) => console.log(JSON.stringify(value));
`;
  const { stdout, stderr } = await place.program(place.file("program.mjs", head + lines));
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test("settings that are missing, wrong or do not fit the file are refused before there is a job", async () => {
  const place = new Place();
  place.file("data.csv", ["id,text", "1,a"]);
  const said = await withClient(
    place,
    `const prompt = "{{text}}";
const wrong = [{ prompt: "{{txt}}" }, { prompt, promt: "" }, { prompt, model: undefined }, { prompt, max_rounds: 0 }, {}];
const all = [];
for (const settings of wrong) all.push(await said(nightshift.submit("data.csv", { ...JOB, ...settings })));
all.push(await said(nightshift.submit("nope.csv", JOB)));
print(all);`,
    "{ sandbox: true }",
  );
  expect(said).toEqual([
    expect.stringContaining('data.csv has no column "txt"; did you mean "text"?'),
    expect.stringContaining("promt (from submit): unknown setting; did you mean prompt?"),
    expect.stringContaining("model: missing"),
    expect.stringContaining("max_rounds (from submit): must be at least 1"),
    expect.stringContaining("data.csv is a table: say what to ask"),
    "there is no file nope.csv",
  ]);
  expect((await place.run(["list"])).stdout).toContain("There are no jobs");
});

test("a job of a provider at another address than the open data's is refused: nobody would run it", async () => {
  const place = new Place();
  await place.provider();
  place.file("data.jsonl", [item("a")]);
  const program = `print(await said(nightshift.submit("data.jsonl", { ...JOB, provider: "anthropic", model: "claude-haiku-4-5" })));`;
  expect(await withClient(place, program)).toMatch(
    /Anthropic is called at http:.*; open them with provider: "anthropic"/,
  );
  expect(await withClient(place, program, '{ provider: "anthropic" }')).toBe("new");
});

test("after a retry, status and results have its answers in their places", async () => {
  const place = new Place();
  const bad = await place.provider({ failRate: 1 });
  const ids = Array.from({ length: 5 }, (_, at) => `item ${at}`);
  place.file(
    "data.jsonl",
    ids.map((id) => item(id)),
  );
  const ended = await withClient(
    place,
    `const { job_id } = await nightshift.submit("data.jsonl", { ...JOB, max_rounds: 1 });
const { counts } = await nightshift.wait(job_id);
print({ job_id, counts });`,
  );
  expect(ended).toMatchObject({ counts: { succeeded: 0, failed: 5 } });
  const { job_id } = ended as { job_id: string };
  await bad.close();
  // The same address, in order again.
  await place.provider({ port: bad.port });
  expect((await place.run(["retry", job_id, "--real-time"])).code).toBe(0);
  const after = await withClient(
    place,
    `const rows = [];
for await (const { custom_id, status } of nightshift.results("${job_id}")) rows.push([custom_id, status]);
print({ rows, status: await nightshift.status("${job_id}") });`,
  );
  expect(after).toMatchObject({
    rows: ids.map((id) => [id, "succeeded"]),
    status: { status: "completed", counts: { succeeded: 5, failed: 0 } },
  });
});
