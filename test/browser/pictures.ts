/** `npm run pictures`: the pictures of the README, of jobs in the sandbox. Needs Chromium, and Python for a terminal. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import serialize from "@xterm/addon-serialize";
import type { Browser } from "playwright-core";
import { startSandbox } from "../../local/sandbox/sandbox.ts";
import { onTerminal } from "../harness/pty.ts";
import { played } from "../harness/screen.ts";
import { launchChromium } from "./chromium.ts";

const ROOT = join(import.meta.dirname, "../..");
const PICTURES = join(ROOT, "docs/pictures");
const COMMAND = join(ROOT, "bin/nightshift.js");
const SIZE = { width: 1100, height: 860 };
/** Enough for three batches. */
const ROWS = 120_000;

const dir = mkdtempSync(join(tmpdir(), "nightshift-pictures-"));
const browser = await launchChromium();
mkdirSync(PICTURES, { recursive: true });
await pages();
await terminal();
await browser.close();
rmSync(dir, { recursive: true, force: true });

/** The report and the viewer of the job that `npm start` runs. */
async function pages(): Promise<void> {
  const recipe = join(ROOT, "examples/tickets.yaml");
  execFileSync(process.execPath, [COMMAND, "run", recipe, "--sandbox"], { cwd: dir, stdio: "ignore" });
  const [job = ""] = readdirSync(join(dir, "out"));
  const viewer = spawn(process.execPath, [COMMAND, "view", job], { cwd: dir });
  const [text] = await once(viewer.stdout, "data");
  const address = /http:\S+/.exec(String(text))?.[0] ?? "";
  for (const [name, url] of [
    ["report", pathToFileURL(join(dir, "out", job, "report.html")).href],
    ["viewer", address],
  ] as const) {
    const page = await browser.newPage({ viewport: SIZE, colorScheme: "light" });
    await page.goto(url);
    await page.locator("details").first().waitFor();
    if (name === "viewer") await page.locator("details").nth(1).click();
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }
  viewer.kill("SIGINT");
  await once(viewer, "close");
}

/** A job of several batches half way: what stands on the terminal, and the viewer at its address. */
async function terminal(): Promise<void> {
  const sandbox = await startSandbox({ latencySeconds: 40, failRate: 0.002 });
  const rows = Array.from({ length: ROWS }, (_, n) =>
    JSON.stringify({ custom_id: `ticket-${n + 1}`, user_message: `Classify ticket ${n + 1}` }),
  );
  writeFileSync(join(dir, "tickets.jsonl"), `${rows.join("\n")}\n`);
  const job = ["tickets.jsonl", "--provider", "openai", "--model", "gpt-4.1-mini", "--min-poll-seconds", "3"];
  const [program = "", ...args] = onTerminal([process.execPath, COMMAND, "run", ...job]);
  const running = spawn(program, args, {
    cwd: dir,
    env: {
      PATH: process.env.PATH,
      TERM: "xterm-256color",
      OPENAI_BASE_URL: sandbox.openaiBaseUrl,
      OPENAI_API_KEY: "sandbox",
    },
  });
  let output = "";
  await new Promise<void>((resolve) => {
    running.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      if (/job {3}\S+ +[67]\d%/.test(output)) resolve();
    });
  });
  // As it stands before the bars are drawn anew.
  const screen = await played(output.slice(0, output.lastIndexOf("\u001b[")), { columns: 80, rows: 24 });
  const addon = new serialize.SerializeAddon();
  screen.loadAddon(addon as never);
  await pictureOf(browser, addon.serializeAsHTML({ scrollback: 0 }));
  const page = await browser.newPage({ viewport: SIZE, colorScheme: "light" });
  await page.goto(/http:\S+#[-\w]+/.exec(output)?.[0] ?? "");
  await page.locator('[data-state="WaitForProvider"].lit').waitFor();
  await page.screenshot({ path: join(PICTURES, "progress.png") });
  // With its terminal gone, the command ends.
  running.kill("SIGKILL");
  await once(running, "close");
  await sandbox.close();
}

async function pictureOf(browser: Browser, html: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 800, height: 480 } });
  await page.setContent(html);
  await page.addStyleTag({
    content:
      "body { margin: 0; background: #16181d } pre { margin: 0; padding: 14px; width: max-content } pre div { background: #16181d !important; color: #e8e6e1 !important }",
  });
  await page.locator("pre").screenshot({ path: join(PICTURES, "terminal.png") });
}
