/** A table in, the same table with the answers beside it out, by the command. */
import { expect, test } from "vitest";
import { Place } from "../harness/command.ts";

const SCHEMA = {
  type: "object",
  properties: { kind: { enum: ["billing", "other"] }, count: { type: "integer", minimum: 3 } },
  required: ["kind", "count"],
  additionalProperties: false,
};

test("a CSV becomes a CSV with a typed column for each key of the schema; ids stay as they are", async () => {
  const place = new Place();
  place.file("data.csv", ["sku,text", '007,"a ""quoted"", text"', "12345678901234567890,another", "=1+1,"]);
  place.file("schema.json", JSON.stringify(SCHEMA));
  const ended = await place.run([
    ...["run", "data.csv", "--provider", "openai", "--model", "gpt-4.1-mini", "--sandbox", "--out", "out"],
    ...["--id", "sku", "--prompt", "Sort: {{text}}", "--schema", "schema.json", "--outputs", "csv,parquet"],
  ]);
  expect(ended.code, ended.stderr).toBe(0);
  const [head, ...rows] = place.read("out/results.csv").trimEnd().split("\n");
  expect(head).toBe(
    "line,custom_id,sku,text,status,error,content,finish_reason,kind,count,prompt_tokens,completion_tokens,total_tokens,cost_usd",
  );
  expect(rows.map((row) => row.split(",")[1])).toEqual(["007", "12345678901234567890", "=1+1"]);
  for (const row of rows) expect(row).toMatch(/,stop,(billing|other),3,/);
  expect(place.results().map(({ input }) => input)).toEqual([
    { sku: "007", text: 'a "quoted", text' },
    { sku: "12345678901234567890", text: "another" },
    { sku: "=1+1", text: "" },
  ]);
  expect(place.read("out/results.parquet").slice(0, 4)).toBe("PAR1");
});

test.each([
  [["--prompt", "{{nothing}}"], /nothing.*sku.*text/s],
  [["--prompt", "{{text}}", "--outputs", "xlsx"], /outputs/],
])("refused before anything is sent: %j", async (flags, says) => {
  const place = new Place();
  place.file("data.csv", ["sku,text", "1,a"]);
  const ended = await place.run([
    ...["run", "data.csv", "--provider", "openai", "--model", "gpt-4.1-mini", "--sandbox", ...flags],
  ]);
  expect(ended.code).not.toBe(0);
  expect(ended.stderr).toMatch(says);
});
