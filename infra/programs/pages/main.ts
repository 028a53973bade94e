/** `npm run build:pages`: bundles the report's page into one text that the Lambda carries. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const REPORT = join(import.meta.dirname, "../../../shared/report");

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
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  // A "</script" in a string of the bundle would end the element.
  const script = (outputFiles[0]?.text ?? "").trim().replaceAll("</", "<\\/");
  const hash = `sha256-${createHash("sha256").update(script).digest("base64")}`;
  const read = (name: string) => readFileSync(join(folder, "page", name), "utf8");
  const page = read("page.html")
    .replace("STYLE", () => read("style.css"))
    .replace("SCRIPT_HASH", () => hash)
    .replace(">SCRIPT<", () => `>${script}<`);
  return `// Made by \`npm run build:pages\`.\nexport const PAGE = ${JSON.stringify(page)};\n`;
}

if (import.meta.main) writeFileSync(join(REPORT, "page.generated.ts"), await pageModule(REPORT));
