import { expect, test } from "vitest";
import { sampleOf } from "../../../../local/sandbox/json-sample.ts";

test.each([
  [{ type: "string" }, "text"],
  [{ type: ["null", "string"] }, null],
  [{ const: 5 }, 5],
  [{ enum: ["b", "a"] }, "b"],
  [{ anyOf: [{ type: "boolean" }, { type: "null" }] }, true],
  [{ type: "number" }, 1],
  [{ $defs: { k: { enum: ["x"] } }, anyOf: [{ $ref: "#/$defs/k" }] }, "x"],
  [{ allOf: [{ type: "string", format: "date" }] }, "2026-01-31"],
  [{ type: "string", minLength: 6 }, "text.."],
  [{ type: "string", maxLength: 2 }, "te"],
  [{ type: "number", exclusiveMinimum: 0, maximum: 9 }, 1],
  [{ type: "integer", maximum: -2 }, -2],
  [{ type: "array", items: { type: "integer", minimum: 3 }, minItems: 2 }, [3, 3]],
  [{ properties: { a: { type: "object", properties: { b: {} } } } }, { a: { b: "text" } }],
])("%j allows %j", (schema, value) => {
  expect(sampleOf(schema, "text")).toEqual(value);
});

test("a mark chooses among the values of an enum, the same ones each time", () => {
  const chosen = Array.from({ length: 16 }, (_, n) =>
    sampleOf({ enum: ["a", "b", "c"] }, "", n.toString(16)),
  );
  expect([...new Set(chosen)].sort()).toEqual(["a", "b", "c"]);
  expect(sampleOf({ type: "boolean" }, "", "2")).toBe(false);
});

test("a schema that contains itself comes to an end", () => {
  const list = {
    $defs: { n: { type: "object", properties: { next: { $ref: "#/$defs/n" } } } },
    $ref: "#/$defs/n",
  };
  expect(JSON.stringify(sampleOf(list, "text")).length).toBeLessThan(200);
  const node: Record<string, unknown> = { type: "object" };
  node["properties"] = { next: node };
  expect(JSON.stringify(sampleOf(node, "text")).length).toBeLessThan(200);
});
