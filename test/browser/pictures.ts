/** `npm run pictures`: the pictures of the README, of the job that `npm start` runs. Needs Chromium. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { launchChromium } from "./chromium.ts";

const ROOT = join(import.meta.dirname, "../..");
const PICTURES = join(ROOT, "docs/pictures");
const COMMAND = join(ROOT, "cli/nightshift.ts");
const SIZE = { width: 1100, height: 860 };

const dir = mkdtempSync(join(tmpdir(), "nightshift-pictures-"));
const recipe = join(ROOT, "examples/tickets.yaml");
execFileSync(process.execPath, [COMMAND, "run", recipe, "--sandbox"], { cwd: dir, stdio: "ignore" });
const [job = ""] = readdirSync(join(dir, "out"));
const viewer = spawn(process.execPath, [COMMAND, "view", job], { cwd: dir });
const address = await new Promise<string>((resolve) => {
  viewer.stdout.on("data", (text) => {
    const found = /http:\S+/.exec(String(text));
    if (found) resolve(found[0]);
  });
});
const browser = await launchChromium();
mkdirSync(PICTURES, { recursive: true });
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
await browser.close();
viewer.kill("SIGINT");
rmSync(dir, { recursive: true, force: true });
