/** `npm run permissions`: writes the Lambdas' permissions, as they are deployed, into `docs/security.md`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../shared/package-root.ts";
import { permissionsTable } from "./table.ts";

const file = join(ROOT, "docs/security.md");
const text = readFileSync(file, "utf8");
writeFileSync(
  file,
  text.replace(/(<!-- npm run permissions -->\n)[\s\S]*?(\n<!-- end -->)/, `$1${permissionsTable()}$2`),
);
console.log(`wrote ${file}`);
