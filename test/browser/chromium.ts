/** The system's Chromium, driven by playwright-core. */
import { type Browser, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";

/** Debian's; `CHROMIUM` names another. */
export const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** It calls home otherwise, and draws with a GPU that no server has. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let browser: Promise<Browser> | undefined;

/** Starts it. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: QUIET });
}

/** A page, and what went wrong in it: errors, dialogs, refused scripts, requests to elsewhere. */
export interface WatchedPage {
  page: Page;
  problems: string[];
}

/** Opens an address. */
export async function openPage(
  address: string,
  viewport = { width: 1200, height: 900 },
): Promise<WatchedPage> {
  browser ??= launchChromium();
  const page = await (await browser).newPage({ viewport });
  onTestFinished(() => page.close());
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  const own = new URL(address).origin;
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== own) problems.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  return { page, problems };
}

/** Ends the browser; the next page opens a new one. */
export async function closeBrowser(): Promise<void> {
  const open = browser;
  browser = undefined;
  await (await open)?.close();
}
