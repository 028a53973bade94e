/** `npm run build:pages`: bundles each page into one text, which a Lambda or the command carries. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../../../shared/package-root.ts";

/** Folders with a page. All have the style of the first. */
const [REPORT, VIEW] = [join(ROOT, "shared/report"), join(ROOT, "cli/view")];
export const PAGES = [REPORT, VIEW];

/** The page of a folder as the text of a module; the same sources give the same bytes. */
export async function pageModule(folder: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "page/main.tsx")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "ascii",
    legalComments: "none",
    loader: { ".svg": "text" },
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  // A "</script" in a string of the bundle would end the element.
  const script = (outputFiles[0]?.text ?? "").trim().replaceAll("</", "<\\/");
  const hash = `sha256-${createHash("sha256").update(script).digest("base64")}`;
  const read = (name: string, from = folder) => readFileSync(join(from, "page", name), "utf8");
  const style = read("style.css", REPORT) + (folder === REPORT ? "" : read("style.css"));
  const page = read("page.html")
    .replace("STYLE", () => style)
    .replace("SCRIPT_HASH", () => hash)
    .replace(">SCRIPT<", () => `>${script}<`);
  return `// Made by \`npm run build:pages\`.\nexport const PAGE = ${JSON.stringify(page)};\n`;
}

if (import.meta.main)
  for (const folder of PAGES) writeFileSync(join(folder, "page.generated.ts"), await pageModule(folder));
