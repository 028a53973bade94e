/** What stands on a real terminal of 80 columns while a job runs and when it has ended. */
import { expect, test, vi } from "vitest";
import { item, Place } from "../harness/command.ts";
import { screenOf } from "../harness/screen.ts";

vi.setConfig({ testTimeout: 180_000 });

const PATTERN = { colour: String.raw`\u001b\[\d+m` };
const COLOUR = new RegExp(PATTERN.colour, "u");
const SIZE = { columns: 80, rows: 24 };
const ITEMS = Array.from({ length: 40 }, (_, index) => item(`item ${index}`));
const JOB = ["--provider", "openai", "--model", "gpt-4.1-mini", "--min-poll-seconds", "1"];

test.each([
  ["with colours", {}],
  ["without", { NO_COLOR: "1" }],
])("watch, %s: a table of batches with pace and time left, and nothing of it at the end", async (_, env) => {
  const place = new Place();
  await place.provider({ latencySeconds: 6 });
  Object.assign(place.env, env);
  const { stdout } = await place.run(["submit", place.file("data.jsonl", ITEMS), ...JOB, "--json"]);
  const { job_id } = JSON.parse(stdout);
  const watching = place.startOnTerminal(["watch", job_id]);
  await watching.prints(/ left[\s\S]* left/);
  const during = await screenOf(watching.stdout.slice(0, watching.stdout.lastIndexOf("\u001b[")), SIZE);
  expect(during.join("\n")).toMatch(
    /^job {3}[█░]{10} .*\npace {2}[▁▂▃▄▅▆▇█]{10} +\d+ .* left\nbatch +answered +state +for +next poll\n1 /m,
  );
  const { code, stdout: all } = await watching.ended;
  expect(code).toBe(0);
  const lines = await screenOf(all, SIZE);
  expect(lines.join("\n")).not.toMatch(/[█░▁▂▃▄▅▆▇]|next poll/);
  expect(lines.join("\n")).toMatch(/succeeded +│ +40/);
  expect(COLOUR.test(all)).toBe(!("NO_COLOR" in env));
});
