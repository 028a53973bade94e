import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pageModule } from "../../../../infra/programs/pages/main.ts";
import { inertJson } from "../../../../shared/report/render.ts";

const REPORT = join(import.meta.dirname, "../../../../shared/report");

test("the page is what its sources make (npm run build:pages)", async () => {
  expect((await pageModule(REPORT)) === readFileSync(join(REPORT, "page.generated.ts"), "utf8")).toBe(true);
});

test("no text ends the script element, and all of it comes back", () => {
  const data = { text: "</script><!-- & \u2028 <script>" };
  expect(inertJson(data)).not.toMatch(/[<>&\u2028]/);
  expect(JSON.parse(inertJson(data))).toEqual(data);
});
