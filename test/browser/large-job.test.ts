/** A job of 100,000 rows in a real browser: its report and its viewer, alone and beside another job. */
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, expect, test, vi } from "vitest";
import { Place, type Running } from "../harness/command.ts";
import { closeBrowser, openPage } from "./chromium.ts";

afterAll(closeBrowser);
// Two jobs of 100,000 rows in the sandbox take a minute.
vi.setConfig({ testTimeout: 600_000 });

const ROWS = 100_000;
const SCHEMA = {
  type: "object",
  properties: { category: { enum: ["billing", "delivery", "other"] }, urgent: { type: "boolean" } },
  required: ["category", "urgent"],
  additionalProperties: false,
};

/** Runs a job of all rows. `asked`: what is asked of a row, by its number from 1. @returns its id */
async function runRows(place: Place, file: string, asked: (row: number) => string): Promise<string> {
  place.file("schema.json", JSON.stringify(SCHEMA));
  place.file(
    file,
    Array.from({ length: ROWS }, (_, n) => ({ custom_id: `row ${n + 1}`, user_message: asked(n + 1) })),
  );
  const ended = await place.run([
    ...["run", file, "--provider", "openai", "--model", "gpt-4.1-mini", "--schema", "schema.json"],
    ...["--sandbox", "--json"],
  ]);
  expect(ended.code, ended.stderr).toBe(3);
  return JSON.parse(ended.stdout.trimEnd().split("\n").at(-1) ?? "{}").job_id;
}

/** Starts the viewer at a job. @returns its address */
async function viewer(place: Place, job: string): Promise<{ address: string; viewer: Running }> {
  const viewer = place.start(["view", job]);
  await viewer.prints(/http:\S+\n/);
  return { viewer, address: /http:\S+/.exec(viewer.stdout)?.[0] ?? "" };
}

const linesOn = (page: Page) => page.locator("summary span:first-child").allTextContents();

test("100,000 rows: the report, and the viewer to its last row, searched, filtered, compared", async () => {
  const place = new Place();
  const ask = (row: number) => (row === 77_777 ? "" : `Ticket ${row}`);
  const job = await runRows(place, "rows.jsonl", ask);
  // Another prompt for every 1,000th row.
  const other = await runRows(
    place,
    "others.jsonl",
    (row) => ask(row) && `${ask(row)}${row % 1000 ? "" : "?"}`,
  );

  const report = await openPage(pathToFileURL(`${place.dir}/out/${job}/report.html`).href);
  await report.page.getByRole("heading", { name: "What went wrong" }).waitFor();
  await report.page.getByRole("heading", { name: "category" }).waitFor();
  await report.page.getByText("99,999", { exact: true }).first().waitFor();
  await report.page.getByRole("button", { name: "line 77777" }).click();
  await report.page.getByText("1 shown").waitFor();
  expect(report.problems).toEqual([]);

  const { address, viewer: server } = await viewer(place, job);
  const { page, problems } = await openPage(address);
  await page.getByText(/^50 rows/).waitFor();
  expect((await linesOn(page)).slice(0, 2)).toEqual(["1", "2"]);
  await page.getByRole("button", { name: "Last" }).click();
  await page.getByText(/100\.0 % of the file/).waitFor();
  expect((await linesOn(page)).at(-1)).toBe(String(ROWS));

  // The one that was found is far from where reading began.
  await page.getByRole("searchbox", { name: "Text in the row" }).fill('"row 98765"');
  await page.keyboard.press("Enter");
  await page.getByText("no row matches").waitFor();
  await page.getByRole("searchbox", { name: "Text in the row" }).fill("row 98765");
  await page.keyboard.press("Enter");
  await expect.poll(() => linesOn(page), { timeout: 60_000 }).toEqual(["98765"]);
  await page.getByRole("searchbox", { name: "Text in the row" }).fill("");
  await page.keyboard.press("Enter");

  await page.getByLabel("Status").selectOption("invalid");
  await expect.poll(() => linesOn(page), { timeout: 60_000 }).toEqual(["77777"]);
  await page.getByLabel("Status").selectOption("");

  await page.getByLabel("Field", { exact: true }).selectOption("category");
  await page.getByLabel("Value of the field").fill("delivery");
  await page.keyboard.press("Enter");
  await expect
    .poll(async () => new Set(await page.locator("summary span:last-child").allTextContents()))
    .toEqual(new Set(['{"category":"delivery","urgent":true}', '{"category":"delivery","urgent":false}']));
  await page.getByLabel("Field", { exact: true }).selectOption("");

  await page.getByLabel("Compare with").selectOption(other);
  await page.getByText(/^50 rows.* \d+ of 50 differ/).waitFor();
  await page.getByLabel("only rows that differ").check();
  // The sandbox draws its answers anew for another prompt; some are the same by chance.
  await page.getByText(/^50 rows.* 50 of [\d,]+ differ$/).waitFor({ timeout: 120_000 });
  await page
    .getByText(/differs in/)
    .first()
    .waitFor();
  expect(await page.locator(".differs").count()).toBe(50);
  const differing = await page.locator(".differs h3").allTextContents();
  for (const title of differing) expect(title).toMatch(/^line \d+000 row \d+000/);
  expect(problems).toEqual([]);
  server.kill("SIGINT");
  await server.ended;
});
