/** The report and the viewer in a real browser, over a job whose texts try to be more than text. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parquetMetadata } from "hyparquet";
import type { Page } from "playwright-core";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { item, Place } from "../harness/command.ts";
import { closeBrowser, openPage } from "./chromium.ts";

afterAll(closeBrowser);

const OPENAI = ["--provider", "openai", "--model", "gpt-4.1-mini", "--min-poll-seconds", "1"];

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

/** Starts the viewer. @returns its address */
async function view(place: Place, ...job: string[]): Promise<string> {
  const viewer = place.start(["view", ...job]);
  onTestFinished(async () => {
    viewer.kill("SIGINT");
    expect((await viewer.ended).code).toBe(0);
  });
  await viewer.prints(/http:\S+\n/);
  return /http:\S+/.exec(viewer.stdout)?.[0] ?? "";
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

test("the report of a job that failed before anything was sent says why, in the browser and in the viewer", async () => {
  const place = new Place();
  await place.provider();
  const invalid = { ...item("one"), temperature: 9 };
  const file = place.file("data.jsonl", [invalid, invalid, "</script><script>alert(1)</script>"]);
  const ended = await place.run(["run", file, ...OPENAI, "--system", "<img src=x>"]);
  expect(ended.code).toBe(1);
  const path = /Report +(\S+)/.exec(ended.stdout)?.[1] ?? "";
  const report = await openPage(pathToFileURL(`${place.dir}/${path}`).href, { width: 390, height: 800 });
  await report.page.getByRole("heading", { name: "Why the job failed" }).waitFor();
  await report.page.getByText(/line 3: not valid JSON/).waitFor();
  await report.page.getByText("Nothing was sent to the provider, and nothing was paid.").waitFor();
  await report.page.getByText("<img src=x>", { exact: true }).waitFor();
  expect(await report.page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
  expect(await leastContrast(report.page)).toBeGreaterThanOrEqual(4.5);
  expect(report.problems).toEqual([]);
  const { page, problems } = await openPage(await view(place));
  await page.getByRole("link", { name: /^data-/ }).click();
  const link = page.getByRole("link", { name: "report.html" });
  const url = new URL((await link.getAttribute("href")) ?? "", page.url());
  expect(await (await page.request.get(url.href)).text()).toBe(place.read(path));
  expect(await page.getByRole("link", { name: "results.jsonl" }).count()).toBe(0);
  expect(problems).toEqual([]);
});

test("the report of a job with a refused key says what to do, and what its rows' status means", async () => {
  const place = new Place();
  await place.provider({ keys: { openai: ["another"] } });
  const file = place.file("data.jsonl", [item("one"), item("two")]);
  const ended = await place.run(["run", file, ...OPENAI, "--out", "out"]);
  expect(ended.code).toBe(1);
  const { page } = await openPage(pathToFileURL(`${place.dir}/out/report.html`).href);
  await page.getByRole("heading", { name: "Why the job failed" }).waitFor();
  await page
    .getByText(/refused the API key/)
    .first()
    .waitFor();
  await page.getByText(/start the job again: it resumes where it stopped/).waitFor();
  await page.getByText(/^failed: the row was sent, or was to be/).waitFor();
  // A job that failed is not asked again.
  expect(await page.getByText("nightshift retry").count()).toBe(0);
});

test("the report says that answers were cut off, though each row succeeded", async () => {
  const place = new Place();
  await place.provider();
  const file = place.file("data.jsonl", [item("one"), item("two")]);
  const ended = await place.run(["run", file, ...OPENAI, "--max-tokens", "3", "--out", "out"]);
  expect(ended.code).toBe(0);
  const { page } = await openPage(pathToFileURL(`${place.dir}/out/report.html`).href);
  await page.getByText(/^2 answers were cut off .* Raise max_tokens/).waitFor();
});

test("the viewer lists the job, pages to its last row, filters, and refuses requests without its token", async () => {
  const { place, job } = await hostileJob(500);
  const address = await view(place, job);
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
  await page.getByText("It was never sent.").waitFor();
  await page.getByLabel("Status").selectOption("succeeded");
  // The prompt of line 4, which is found by halving, beside its answer.
  await page.getByText("3 javascript:alert(4)", { exact: true }).waitFor();
  await page.locator("details").nth(3).locator("summary").click();
  await page.getByText("[user] javascript:alert(4)", { exact: true }).waitFor();
  await page.getByRole("link", { name: "all jobs" }).click();
  await page.getByRole("link", { name: job }).waitFor();
  expect(problems).toEqual([]);
  const { origin } = new URL(address);
  expect((await fetch(`${origin}/jobs`)).status).toBe(404);
  expect((await fetch(`${origin}/${"x".repeat(24)}/jobs`)).status).toBe(404);
  expect((await fetch(address, { headers: { origin: "https://elsewhere.example" } })).status).toBe(403);
});

test("the viewer shows a job at work in its state machine, and cancels it when asked twice", async () => {
  const place = new Place();
  await place.provider({ latencySeconds: 60 });
  const items = Array.from({ length: 20 }, (_, n) => item(`item ${n}`));
  const { stdout } = await place.run(["submit", place.file("data.jsonl", items), ...OPENAI, "--json"]);
  const { page, problems } = await openPage(await view(place, JSON.parse(stdout).job_id));
  await page.locator('[data-state="WaitForProvider"].lit').waitFor();
  expect(await page.locator(".lit").count()).toBe(2);
  await page.getByText("total 20").waitFor();
  await page.getByText(/^in \d+ s$/).waitFor();
  await page.getByRole("button", { name: "Cancel the job" }).click();
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await page.getByText(/will be cancelled/).waitFor();
  await page.locator(".badge.cancelled").waitFor();
  await page.getByText(/^20 rows/).waitFor();
  expect(problems).toEqual([]);
});

test("the viewer asks again what has no answer, and gives the results in three forms", async () => {
  const place = new Place();
  await place.provider({ failRate: 0.5, seed: "half" });
  const items = Array.from({ length: 12 }, (_, n) => item(`item ${n}`, `=${n}`));
  await place.run(["run", place.file("data.jsonl", items), ...OPENAI, "--max-rounds", "1"]);
  const { page, problems } = await openPage(await view(place));
  await page.getByRole("link", { name: /^data-/ }).click();
  const saved = async (name: string) => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name, exact: true }).click(),
    ]);
    return readFileSync(await download.path());
  };
  expect((await saved("results.jsonl")).toString().trimEnd().split("\n")).toHaveLength(12);
  expect((await saved("results.csv")).toString()).toMatch(/^line,custom_id,[\s\S]*\n12,item 11,/);
  const parquet = await saved("results.parquet");
  expect(parquetMetadata(new Uint8Array(parquet).buffer).num_rows).toBe(12n);
  await page.getByRole("button", { name: /^Ask \d+ again$/ }).click();
  await page.getByText(/of 12 items answered now/).waitFor({ timeout: 60_000 });
  await page.getByText("Asked again:").waitFor();
  // What is shown and downloaded has the new answers.
  const merged = place.read(`out/${new URL(page.url()).hash.slice(1)}/results-2.jsonl`);
  await page.getByText(/With the answers of a retry: .*results-2.jsonl/).waitFor();
  expect((await saved("results.jsonl")).toString()).toBe(merged);
  const answered = merged.match(/"status":"succeeded"/g)?.length;
  await page.getByLabel("Status").selectOption("succeeded");
  await page.getByText(new RegExp(`^${answered} rows`)).waitFor();
  expect((await saved("results.csv")).toString().match(/,succeeded,/g)).toHaveLength(answered ?? 0);
  expect(problems).toEqual([]);
});

/** Milliseconds that a batch surely takes no longer. */
const LATER = 60_000;

test("the viewer shows what is collected of a job that still runs", async () => {
  const place = new Place();
  // The first batch ends; the second stands still until what the first one brought was seen.
  let held: number | undefined = Date.now();
  const latencySeconds = 1;
  const clock = () => held ?? Date.now() + LATER;
  const provider = await place.provider({ latencySeconds, failRate: 0.5, seed: "half", clock });
  const items = Array.from({ length: 12 }, (_, n) => item(`item ${n}`, `=${n}`));
  const { stdout } = await place.run(["submit", place.file("data.jsonl", items), ...OPENAI, "--json"]);
  await expect.poll(async () => (await provider.stats()).openai.batches_created).toBe(1);
  held += LATER;
  const { page, problems } = await openPage(await view(place, JSON.parse(stdout).job_id));
  await page.getByRole("heading", { name: "Answers of the batches that are collected" }).waitFor();
  await page.getByText(/^12 rows/).waitFor();
  // Those that failed are under way again.
  await page.getByRole("button", { name: "Cancel the job" }).waitFor();
  await page.getByLabel("Status").selectOption("failed");
  await page.getByText(/^\d rows/).waitFor();
  // A poll that fails does not stop the page.
  await page.route(/\/jobs\/data-[^/]*$/, (route) => route.fulfill({ body: "" }), { times: 1 });
  await page.getByRole("alert").waitFor();
  await page.getByRole("alert").waitFor({ state: "detached" });
  held = undefined;
  // At its end, the results take their place.
  await page.getByRole("heading", { name: "Answers", exact: true }).waitFor({ timeout: 60_000 });
  expect(problems).toEqual([]);
});

/** Levels of the page's headings in order. */
const headings = (page: Page) =>
  page.locator("h1, h2, h3").evaluateAll((found) => found.map(({ tagName }) => Number(tagName[1])));

/** Controls without a name that a screen reader could say. */
const nameless = (page: Page) =>
  page
    .locator("input, select, button, a")
    .evaluateAll(
      (found) =>
        found.filter(
          (one) => !(one.getAttribute("aria-label") || one.textContent?.trim() || one.closest("label")),
        ).length,
    );

/** The least contrast between a text and what is behind it: 4.5 is what WCAG 2.2 AA asks for. */
const leastContrast = (page: Page) =>
  page.evaluate(`(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const channels = (colour) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = (colour) => channels(colour).slice(0, 3)
      .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
    const behind = (one) => {
      for (; one; one = one.parentElement) {
        const { backgroundColor } = getComputedStyle(one);
        if (channels(backgroundColor)[3] === 255) return backgroundColor;
      }
      return "white";
    };
    const texts = [...document.querySelectorAll("#root *:not(svg *)")]
      .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    return Math.min(...texts.map((one) => {
      const [a, b] = [light(getComputedStyle(one).color), light(behind(one))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }));
  })()`);

test("both pages can be read by ear and by keyboard, in the light, in the dark and on paper", async () => {
  const { place, report, job } = await hostileJob(60);
  const { page } = await openPage(report, { width: 794, height: 1000 });
  const viewer = await openPage(await view(place, job));
  await page.locator("details").first().waitFor();
  await viewer.page.locator("details").first().waitFor();
  for (const one of [page, viewer.page]) {
    const levels = await headings(one);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    for (const [n, level] of levels.entries()) expect(level).toBeLessThanOrEqual((levels[n - 1] ?? 0) + 1);
    expect(await nameless(one)).toBe(0);
    for (const colorScheme of ["light", "dark"] as const) {
      await one.emulateMedia({ colorScheme });
      expect(await leastContrast(one)).toBeGreaterThanOrEqual(4.5);
    }
    // A row opens from the keyboard, and shows that it has the focus.
    await one.locator("summary").nth(1).focus();
    await one.keyboard.press("Shift+Tab");
    await one.keyboard.press("Tab");
    await one.keyboard.press("Enter");
    expect(await one.locator("details").nth(1).getAttribute("open")).toBe("");
    expect(await one.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
  }
  // On paper, even from the dark: black on white, no controls, nothing cut off.
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  expect(await page.getByRole("searchbox").isVisible()).toBe(false);
  expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
  expect(await leastContrast(page)).toBeGreaterThanOrEqual(4.5);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(794);
  expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(10_000);
});
