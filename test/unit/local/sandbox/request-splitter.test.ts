import { expect, test } from "vitest";
import { RequestSplitter } from "../../../../local/sandbox/anthropic/request-splitter.ts";

function split(body: string, chunkBytes: number): { elements: unknown[]; rest: unknown } {
  const splitter = new RequestSplitter();
  const bytes = Buffer.from(body);
  const elements: string[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    for (const element of splitter.push(Buffer.from(bytes.subarray(at, at + chunkBytes)))) {
      elements.push(element.toString("utf8"));
    }
  }
  return { elements: elements.map((element) => JSON.parse(element)), rest: splitter.end() };
}

const REQUESTS = [
  { custom_id: "a", params: { text: 'quotes " and \\ and ]},{[ inside', nested: [[{ requests: [1] }]] } },
  { custom_id: "b", params: { text: "line\nbreak, \u2028, ünï, 🙂" } },
  { custom_id: "c", params: {} },
];

test.each([1, 2, 3, 7, 64, 10_000])("requests come apart whatever the chunks: %i bytes", (chunkBytes) => {
  for (const space of [undefined, 2, "\r\n\t"]) {
    const alone = JSON.stringify({ requests: REQUESTS }, null, space);
    expect(split(alone, chunkBytes)).toEqual({ elements: REQUESTS, rest: { requests: [] } });
    const before = [{ requests: 1 }];
    const around = JSON.stringify({ before, requests: REQUESTS, after: "x" }, null, space);
    const rest = { before, requests: [], after: "x" };
    expect(split(around, chunkBytes)).toEqual({ elements: REQUESTS, rest });
  }
});

test.each([
  '{"requests":[{"a":1}{"b":2}]}',
  '{"requests":[{"a":1},,{"b":2}]}',
  '{"requests":[,{"a":1}]}',
  '{"requests":[{"a":1},]}',
  '{"requests":["text"]}',
  '{"requests":[1]}',
  '{"requests":[{"a":1}]',
  '{"requests":[{"a":1}',
  '{"requests":[{"a":1}]}}',
  '{"requests" [{"a":1}]}',
  "",
  "nonsense",
])("broken JSON is refused: %s", (body) => {
  expect(() => split(body, 5)).toThrow("not valid JSON");
});
