import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { permissionsTable } from "../../../infra/programs/permissions/table.ts";

test("docs/security.md shows the permissions as they are: npm run permissions writes them", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/security.md"), "utf8");
  expect(text).toContain(`<!-- npm run permissions -->\n${permissionsTable()}\n<!-- end -->`);
});
