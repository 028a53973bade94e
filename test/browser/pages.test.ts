/** The report and the viewer in a real browser, over a job whose texts try to be more than text. */
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { Place } from "../harness/command.ts";
import { closeBrowser, openPage } from "./chromium.ts";

afterAll(closeBrowser);

const HOSTILE = [
  "</script><script>alert(1)</script>",
  '<img src=x onerror="alert(2)">',
  '"><svg onload=alert(3)>',
  "javascript:alert(4)",
  "<!--<script>alert(5)",
  "{{alert(6)}} \u2028 \u0000 \u202e",
];

/** Runs a job whose prompts, and with them the sandbox's answers, are hostile. */
async function hostileJob(rows: number): Promise<{ place: Place; report: string; job: string }> {
  const place = new Place();
  const lines = Array.from({ length: rows }, (_, n) => {
    const text = HOSTILE[n % HOSTILE.length] ?? "";
    return JSON.stringify({ custom_id: `${n} ${text}`, user_message: n % 50 === 7 ? "" : text });
  });
  place.file("data.jsonl", lines);
  const ended = await place.run([
    "run",
    "data.jsonl",
    "--provider",
    "openai",
    "--model",
    "gpt-4.1-mini",
    "--sandbox",
    "--json",
  ]);
  expect(ended.code, ended.stderr).toBe(3);
  const job = JSON.parse(ended.stdout.trimEnd().split("\n").at(-1) ?? "{}").job_id;
  return { place, job, report: pathToFileURL(`${place.dir}/out/${job}/report.html`).href };
}

test("report.html says what went wrong, searches, and no text in it is more than text", async () => {
  const { report, job } = await hostileJob(500);
  const { page, problems } = await openPage(report, { width: 390, height: 800 });
  await page.getByRole("heading", { name: job }).waitFor();
  expect(await page.getByText("490", { exact: true }).count()).toBeGreaterThan(0);
  await page.getByRole("heading", { name: "What went wrong" }).waitFor();
  await page.getByRole("button", { name: /^lines? 8/ }).click();
  await page.getByText("5 shown").waitFor();
  await page.getByRole("button", { name: /only lines/ }).click();
  await page.getByRole("searchbox").fill("<img src=x");
  await page.locator("details").first().click();
  await page.getByText('<img src=x onerror="alert(2)">').first().waitFor();
  // Nothing is wider than a phone.
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
  expect(problems).toEqual([]);
});

test("the viewer lists the job, pages to its last row, filters, and refuses whoever has no token", async () => {
  const { place, job } = await hostileJob(500);
  const viewer = place.start(["view", job]);
  await viewer.prints(/http:\S+/);
  const address = /http:\S+/.exec(viewer.stdout)?.[0] ?? "";
  const { page, problems } = await openPage(address);
  await page.getByRole("heading", { name: job }).waitFor();
  await page.getByText(/^50 rows/).waitFor();
  await page.getByRole("button", { name: "Last" }).click();
  await page.getByText("100.0 % of the file").waitFor();
  expect(await page.locator("summary span").first().textContent()).toBe("451");
  await page.getByLabel("Status").selectOption("invalid");
  await page.getByText(/^10 rows/).waitFor();
  await page.locator("details").first().click();
  await page.getByText("user_message").first().waitFor();
  await page.getByRole("link", { name: "all jobs" }).click();
  await page.getByRole("link", { name: job }).waitFor();
  expect(problems).toEqual([]);
  const { origin } = new URL(address);
  expect((await fetch(`${origin}/jobs`)).status).toBe(404);
  expect((await fetch(`${origin}/${"x".repeat(24)}/jobs`)).status).toBe(404);
  expect((await fetch(address, { headers: { origin: "https://elsewhere.example" } })).status).toBe(403);
  viewer.kill("SIGINT");
  expect((await viewer.ended).code).toBe(0);
});
