import { describe, expect, test } from "vitest";
import { z } from "zod";
import { JobSpec } from "../../../shared/models.ts";
import type { ProviderFormat } from "../../../shared/providers/format.ts";
import { formatOf } from "../../../shared/providers/formats.ts";
import { openaiOutcome } from "../../../shared/providers/openai/answers.ts";
import { judgeOf } from "../../../shared/round/schema-check.ts";
import { answerCheck } from "../../../shared/schema/answer-check.ts";

/** As pydantic 2.14 writes a model with an enum, a nested model, an optional field and a list. */
const PYDANTIC = {
  $defs: {
    Item: {
      properties: {
        sku: { title: "Sku", type: "string" },
        price: { minimum: 0, title: "Price", type: "number" },
      },
      required: ["sku", "price"],
      title: "Item",
      type: "object",
    },
  },
  properties: {
    label: { enum: ["good", "bad"], title: "Label", type: "string" },
    score: { title: "Score", type: "integer" },
    note: { anyOf: [{ type: "string" }, { type: "null" }], default: null, title: "Note" },
    items: { items: { $ref: "#/$defs/Item" }, title: "Items", type: "array" },
  },
  required: ["label", "score", "items"],
  title: "Answer",
  type: "object",
};
const ZOD = z.toJSONSchema(
  z.object({
    at: z.iso.datetime(),
    pair: z.tuple([z.string(), z.number()]),
    size: z.int().max(10),
    kind: z.literal("a"),
  }),
) as Record<string, unknown>;
const GOOD = { label: "good", score: 3, items: [{ sku: "a", price: 1.5 }] };

const openaiFormat = formatOf("openai");
const anthropicFormat = formatOf("anthropic");
const job = (schema: unknown, more = {}) =>
  JobSpec.parse({ provider: "openai", model: "gpt-4.1-mini", schema, ...more });
const item = { custom_id: "a", user_message: "hi", temperature: 0, max_tokens: 10, extra: {} };
const bodyOf = (format: ProviderFormat, spec: JobSpec, extra = {}) =>
  format.body({ kind: "item", item: { ...item, extra }, temperature_set: false }, spec);

describe("the check", () => {
  test("names the place", () => {
    const check = answerCheck(PYDANTIC);
    expect(check(GOOD)).toBeNull();
    expect(check({ ...GOOD, items: [{ sku: "a", price: "1" }] })).toBe("/items/0/price must be number");
    expect(check({ ...GOOD, label: "fine" })).toBe(
      '/label must be equal to one of the allowed values: ["good","bad"]',
    );
    expect(check({ label: "good" })).toBe("the answer must have required property 'score'");
    expect(check(JSON.parse('{"__proto__":{"label":"good"},"score":1,"items":[]}'))).toContain("'label'");
  });

  test("schemas of zod and pydantic compile and hold, prefixItems included", () => {
    const check = answerCheck(ZOD);
    const answer = { at: "2026-11-27T00:00:00Z", pair: ["a", 1], size: 3, kind: "a" };
    expect(check(answer)).toBeNull();
    expect(check({ ...answer, pair: [1, "a"] })).toBe("/pair/0 must be string");
    expect(check({ ...answer, at: "today" })).toContain("/at must match");
    expect(answerCheck({ type: "number", multipleOf: 0.01 })(19.99)).toBeNull();
    const named = { ...PYDANTIC, $id: "https://example.com/a" };
    expect(answerCheck(named)(GOOD)).toBe(answerCheck(named)(GOOD));
  });

  test.each([
    [
      { type: "object", properties: { a: { type: "text" } } },
      "it is no valid JSON Schema: schema is invalid",
    ],
    [
      { type: "object", properties: { a: { pattern: "[a" } } },
      "it is no valid JSON Schema: Invalid regular expression",
    ],
    [{ type: "object", $ref: "#/$defs/none" }, "can't resolve reference #/$defs/none"],
    [{ $schema: "http://example.com/mine" }, "its $schema is not known"],
    [{ $ref: "#" }, '$ref "#" leads back to itself'],
    [{ properties: { a: { $ref: "#/properties/a" } } }, '$ref "#/properties/a" leads back to itself'],
    [
      {
        properties: { a: { $ref: "#/$defs/x" } },
        $defs: { x: { anyOf: [{ type: "null" }, { $ref: "#/$defs/x" }] } },
      },
      '$ref "#/$defs/x" leads back to itself',
    ],
  ])("%j is refused", (schema, problem) => {
    expect(() => answerCheck(schema)).toThrow(problem);
  });

  test("a schema that contains itself deeper in the answer is checked; a circle of anchors is that answer's error", () => {
    const tree = { properties: { allOf: { $ref: "#" }, items: { items: { $ref: "#" }, type: "array" } } };
    expect(answerCheck(tree)({ allOf: { items: [{}] } })).toBeNull();
    expect(answerCheck(tree)({ allOf: { items: 1 } })).toBe("/allOf/items must be array");
    const circle = {
      $defs: { x: { $anchor: "x", allOf: [{ $ref: "#x" }] } },
      properties: { a: { $ref: "#x" } },
    };
    expect(answerCheck(circle)({ a: 1 })).toBe(
      "the schema leads in a circle, so the answer cannot be checked",
    );
  });
});

describe("the request", () => {
  test("openai: strict where it can be enforced, a hint otherwise", () => {
    const strict = {
      type: "object",
      properties: { a: { type: "string", maxLength: 5, format: "uri" } },
      required: ["a"],
    };
    expect(bodyOf(openaiFormat, job(strict)).response_format).toEqual({
      type: "json_schema",
      json_schema: {
        name: "answer",
        strict: true,
        schema: {
          type: "object",
          properties: { a: { type: "string" } },
          required: ["a"],
          additionalProperties: false,
        },
      },
    });
    expect(bodyOf(openaiFormat, job(PYDANTIC)).response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "answer", strict: false, schema: PYDANTIC },
    });
    const responses = bodyOf(openaiFormat, job(strict, { endpoint: "/v1/responses" }), {
      text: { verbosity: "low" },
    });
    expect(responses.text).toMatchObject({
      verbosity: "low",
      format: { type: "json_schema", name: "answer", strict: true },
    });
    expect(() => bodyOf(openaiFormat, job(strict, { endpoint: "/v1/embeddings" }))).toThrow("an embedding");
    expect(() => bodyOf(openaiFormat, job({ type: "array" }))).toThrow("its root must be an object");
  });

  test("anthropic: without bounds, closed, tuples as lists", () => {
    const spec = job(ZOD, { provider: "anthropic", model: "claude-haiku-4-5" });
    expect(bodyOf(anthropicFormat, spec, { output_config: { effort: "low" } }).output_config).toEqual({
      effort: "low",
      format: {
        type: "json_schema",
        schema: {
          type: "object",
          properties: {
            at: { type: "string", format: "date-time" },
            pair: { type: "array", items: { anyOf: [{ type: "string" }, { type: "number" }] } },
            size: { type: "integer" },
            kind: { type: "string", const: "a" },
          },
          required: ["at", "pair", "size", "kind"],
          additionalProperties: false,
        },
      },
    });
  });

  test.each([
    [z.toJSONSchema(z.object({ a: z.record(z.string(), z.number()) })), "#/properties/a is a map"],
    [{ type: "object", properties: { a: { type: "object" } } }, "#/properties/a is a map"],
    [{ type: "object", properties: { a: { $ref: "#" } } }, "# refers to itself"],
    [
      {
        type: "object",
        properties: { a: { $ref: "#/$defs/n" } },
        $defs: { n: { type: "array", items: { $ref: "#/$defs/n" } } },
      },
      "#/$defs/n refers to itself",
    ],
    [{ type: "array" }, "only an object at its root"],
  ])("anthropic refuses %j", (schema, problem) => {
    const spec = job(schema, { provider: "anthropic", model: "claude-haiku-4-5" });
    expect(() => bodyOf(anthropicFormat, spec)).toThrow(problem);
  });
});

describe("the request at other providers", () => {
  test("Gemini gets the schema as JSON Schema, without what it does not know", () => {
    const schema = {
      type: "object",
      properties: {
        kind: { allOf: [{ $ref: "#/$defs/K" }], default: "a", title: "Kind" },
        word: { type: "string", pattern: "^a", maxLength: 3, format: "email" },
        one: { const: 1 },
        many: { type: "object", additionalProperties: { type: "integer", minimum: 1 } },
      },
      $defs: { K: { enum: ["a", "b"] } },
    };
    const body = bodyOf(formatOf("gemini"), job(schema, { provider: "gemini", model: "gemini-2.5-flash" }));
    expect(body.generationConfig).toMatchObject({
      responseMimeType: "application/json",
      responseJsonSchema: {
        type: "object",
        properties: {
          kind: { $ref: "#/$defs/K" },
          word: { type: "string" },
          one: { enum: [1] },
          many: { type: "object", additionalProperties: { type: "integer", minimum: 1 } },
        },
        $defs: { K: { enum: ["a", "b"] } },
      },
    });
    const node = { type: "object", properties: { next: { $ref: "#" } } };
    expect(() => bodyOf(formatOf("gemini"), job(node, { provider: "gemini" }))).toThrow(
      "schema: # refers to itself, and Gemini takes no recursive schema",
    );
  });

  test("Bedrock's Converse gets it as text, as Anthropic takes it", () => {
    const settings = { provider: "bedrock", model: "us.anthropic.claude-haiku-4-5-20251001-v1:0" };
    const { outputConfig } = bodyOf(formatOf("bedrock"), job(PYDANTIC, settings)) as {
      outputConfig: {
        textFormat: { type: string; structure: { jsonSchema: { schema: string; name: string } } };
      };
    };
    const { type, structure } = outputConfig.textFormat;
    expect([type, structure.jsonSchema.name]).toEqual(["json_schema", "answer"]);
    expect(JSON.parse(structure.jsonSchema.schema)).toMatchObject({
      properties: { label: { enum: ["good", "bad"] } },
      additionalProperties: false,
    });
    const map = { type: "object", properties: { m: { type: "object", additionalProperties: true } } };
    expect(() => bodyOf(formatOf("bedrock"), job(map, settings))).toThrow(
      "and Amazon Bedrock would take it for",
    );
  });
});

describe("an answer", () => {
  const outcome = (content: string, finish_reason = "stop") => {
    const line = {
      custom_id: "a",
      response: { status_code: 200, body: { choices: [{ finish_reason, message: { content } }] } },
    };
    return openaiOutcome(line, JSON.stringify(line));
  };

  test("that does not fit is an error that names the place, keeps the response and is asked again", async () => {
    const spec = job(PYDANTIC);
    const first = await judgeOf(spec, 0);
    expect(first(outcome(JSON.stringify(GOOD)))).toMatchObject({ status: "succeeded", error: null });
    const bad = JSON.stringify({ ...GOOD, score: 1.5 });
    expect(first(outcome(bad))).toMatchObject({
      status: "failed",
      error: "schema: /score must be integer",
      retryable: true,
      response: { content: bad, parsed: bad },
    });
    expect((await judgeOf(spec, 1))(outcome(bad))).toMatchObject({ status: "failed", retryable: false });
    expect((await judgeOf({ ...spec, schema_retries: 0 }, 0))(outcome(bad))).toMatchObject({
      retryable: false,
    });
    expect(first(outcome("Sorry."))).toMatchObject({
      error: "schema: the answer is not a JSON object",
      retryable: true,
    });
    expect(first(outcome('{"label":', "length"))).toMatchObject({
      error: expect.stringContaining("cut at max_tokens"),
      retryable: false,
    });
    expect(first(outcome(""))).toMatchObject({ error: "the answer is empty" });
  });

  test("without a schema is as it is", async () => {
    const free = await judgeOf(job(undefined), 0);
    expect(free(outcome("Sorry."))).toMatchObject({ status: "succeeded" });
  });
});
