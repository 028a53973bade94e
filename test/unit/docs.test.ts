/** The form of the docs: what each says is held by the tests of what it describes. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const DOCS = globSync(["*.md", "docs/*.md", "findings/*.md", "bench/*.md", "examples/**/*.md"], {
  cwd: ROOT,
});
const LONGEST_LINE = 140;

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** GitHub's anchors of a page's headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe.each(DOCS)("%s", (file) => {
  const text = read(file);

  test("has no line that is hard to read beside code", () => {
    const long = text.split("\n").flatMap((line, index) => {
      const { length } = [...line];
      return length > LONGEST_LINE ? [`${file}:${index + 1} has ${length} characters`] : [];
    });
    expect(long).toEqual([]);
  });

  test("links to files and headings that exist", () => {
    const prose = text.replace(/^```[\s\S]*?^```/gm, "");
    const links = [...prose.matchAll(/\]\((?!\w+:)([^)\s#]*)(?:#([^)\s]+))?\)/g)];
    const broken = links.flatMap(([link, path = "", anchor]) => {
      const target = path === "" ? file : join(dirname(file), path);
      if (!existsSync(join(ROOT, target))) return [`${file}: ${link} leads nowhere`];
      const found = anchor === undefined || anchorsOf(read(target)).includes(anchor);
      return found ? [] : [`${file}: ${link} has no such heading`];
    });
    expect(broken).toEqual([]);
  });
});

test("the docs are found", () => {
  expect(DOCS).toEqual(expect.arrayContaining(["README.md", "CONTRIBUTING.md", "docs/runbook.md"]));
});
