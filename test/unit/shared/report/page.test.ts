import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PAGES, pageModule } from "../../../../infra/programs/pages/main.ts";
import { inertJson } from "../../../../shared/report/render.ts";

test.each(PAGES)("%s: the page is what its sources make (npm run build:pages)", async (folder) => {
  expect((await pageModule(folder)) === readFileSync(join(folder, "page.generated.ts"), "utf8")).toBe(true);
});

test("no text ends the script element, and all of it comes back", () => {
  const data = { text: "</script><!-- & \u2028 <script>" };
  expect(inertJson(data)).not.toMatch(/[<>&\u2028]/);
  expect(JSON.parse(inertJson(data))).toEqual(data);
});
