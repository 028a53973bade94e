import { expect, test } from "vitest";
import { parseLine, parseObject } from "../../../../functions/prepare-job/input-line.ts";
import { MAX_DEPTH } from "../../../../shared/json/source.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { formatOf } from "../../../../shared/providers/formats.ts";

/** The request for a line of input; an error when it is not valid. */
function requestOf(text: string, settings: object): string {
  const spec = JobSpec.parse(settings);
  const format = formatOf(spec.provider);
  const parsed = parseObject(Buffer.from(text));
  if ("problem" in parsed) throw new Error(parsed.problem);
  const line = parseLine(parsed, spec);
  if ("problem" in line) throw new Error(line.problem);
  return format.request(format.body(line.source, spec), spec, "tag-1");
}

const OPENAI = { provider: "openai", model: "gpt-4.1-mini" };
const ANTHROPIC = { provider: "anthropic", model: "claude-haiku-4-5" };
const GEMINI = { provider: "gemini", model: "gemini-2.5-flash" };
const BEDROCK = { provider: "bedrock", model: "amazon.nova-lite-v1:0" };
const ODD = '{"10":1.0,"2":1e400,"__proto__":{"a":1},"a":0.1234567890123456789,"a":1234567890123456789}';

test("fault 8: a native body is sent byte for byte", () => {
  const body = `{ "model":"gpt-4.1-mini","messages":[], "tools":${ODD}}`;
  const line = `{"custom_id":"a","method":"POST","url":"/v1/chat/completions", "body" : ${body} }`;
  expect(requestOf(line, OPENAI)).toBe(
    `{"custom_id":"tag-1","method":"POST","url":"/v1/chat/completions","body":${body}}`,
  );
  const params = `{"model":"claude-haiku-4-5","max_tokens":1.0,"messages":[${ODD}]}`;
  expect(requestOf(`{"params":${params},"custom_id":"a"}`, ANTHROPIC)).toBe(
    `{"custom_id":"tag-1","params":${params}}`,
  );
  const request = `{"contents":[ ],"generationConfig":${ODD}}`;
  expect(requestOf(`{"key":"a","request": ${request}}`, GEMINI)).toBe(`{"key":"tag-1","request":${request}}`);
  const input = `{"messages":[ ],"inferenceConfig":${ODD}}`;
  expect(requestOf(`{"recordId":"a","modelInput":${input}}`, BEDROCK)).toBe(
    `{"recordId":"tag-1","modelInput":${input}}`,
  );
});

test("fault 8: what an item passes on is sent byte for byte", () => {
  const extra = `{"response_format":${ODD},"top_p":0.5,"stop":["a"]}`;
  const message = `{"role":"user","content":[{"type":"text","text":"hi","odd":${ODD}}]}`;
  const line = `{"custom_id":"a","messages":[${message}],"extra":${extra},"system":"s"}`;
  const chat = requestOf(line, OPENAI);
  expect(chat).toContain(`"messages":[{"role":"system","content":"s"},${message}]`);
  expect(chat).toContain(`"response_format":${ODD},"top_p":0.5,"stop":["a"]`);
  expect(requestOf(line, ANTHROPIC)).toContain(`"messages":[${message}]`);
  const defaults = { extra: { seed: 1, response_format: null } };
  expect(requestOf(line, { ...OPENAI, defaults })).toContain(`"seed":1,"response_format":${ODD}`);
  const removed = line.replace('"stop":["a"]', '"stop":null,"temperature":null');
  expect(JSON.parse(requestOf(removed, OPENAI)).body).not.toHaveProperty("temperature");
});

test("fault 2: a line that is too deep is an invalid line", () => {
  const deep = (levels: number) =>
    `{"custom_id":"a","user_message":"hi","extra":{"x":${"[".repeat(levels)}${"]".repeat(levels)}}}`;
  expect(() => requestOf(deep(6000), OPENAI)).toThrow(
    `nested deeper than ${MAX_DEPTH} levels of objects and lists`,
  );
  expect(() => requestOf(deep(MAX_DEPTH - 1), OPENAI)).toThrow("nested deeper");
  expect(requestOf(deep(MAX_DEPTH - 2), OPENAI)).toContain("[[[[");
});
