import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PAGES, pageModule } from "../../../../infra/programs/pages/main.ts";
import { NO_COUNTS } from "../../../../shared/money/sums.ts";
import { inertJson, renderReport } from "../../../../shared/report/render.ts";

test.each(PAGES)("%s: the page is what its sources make (npm run build:pages)", async (folder) => {
  expect((await pageModule(folder)) === readFileSync(join(folder, "page.generated.ts"), "utf8")).toBe(true);
});

test("no text ends the script element, and all of it comes back", () => {
  const data = { text: "</script><!-- & \u2028 <script>" };
  expect(inertJson(data)).not.toMatch(/[<>&\u2028]/);
  expect(JSON.parse(inertJson(data))).toEqual(data);
});

test("a report has at most 2 MB, whatever its texts are", () => {
  const long = "<".repeat(100_000);
  const data = {
    job: {
      job_id: "j",
      provider: "openai",
      model: "m",
      status: "failed",
      created_at: 0,
      ended_at: 1,
      error: null,
      counts: NO_COUNTS,
    },
    ...{ receipt: null, more_rounds: 0, prompt_tokens: [], completion_tokens: [], finish_reasons: [] },
    // All as long as what makes them lets them be.
    rounds: Array.from({ length: 200 }, (_, n) => ({
      ...{ batch: n, round: 1, status: "failed", request_count: 1, created_at: 0, error: "<".repeat(200) },
    })),
    errors: Array.from({ length: 50 }, () => ({
      ...{ kind: "<".repeat(200), example: "<".repeat(500), status: "failed" as const, count: 1, lines: [1] },
    })),
    fields: Array.from({ length: 40 }, () => ({
      ...{ name: "<".repeat(80), count: 1, types: [], others: 0, numbers: null, different: 24 },
      values: Array.from({ length: 24 }, (_, n): [string, number] => ["<".repeat(80), n]),
    })),
    spec: Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`${n} ${long}`, long])),
    rows: Array.from({ length: 300 }, (_, n) => ({
      ...{ line: n + 1, custom_id: long, status: "failed" as const, prompt: long, answer: long, error: long },
    })),
  };
  const html = renderReport(data);
  expect(Buffer.byteLength(html)).toBeLessThanOrEqual(2_000_000);
  const shown = JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? "");
  expect(shown.rows).toHaveLength(300);
  expect(shown.rows[0].answer).toMatch(/^<{50,}…$/);
});
