import { expect, test } from "vitest";
import {
  elementsOf,
  isTooDeep,
  MAX_DEPTH,
  memberOf,
  membersOf,
  memberWithin,
  onOneLine,
  sourceAt,
  withoutMembers,
} from "../../../shared/json/source.ts";

const TEXT =
  ' { "a" : 1e400 , "b\\"\\\\" : {"2":[1.0,{"x":"]}\\\\"}],"1":null} ,"c":[ ], "a" : "last, \\" " }';

test("members: names as JSON.parse reads them, values as they are written", () => {
  expect(membersOf(TEXT).map(({ name, start, end }) => [name, TEXT.slice(start, end)])).toEqual([
    ["a", "1e400"],
    ['b"\\', '{"2":[1.0,{"x":"]}\\\\"}],"1":null}'],
    ["c", "[ ]"],
    ["a", '"last, \\" "'],
  ]);
  expect(membersOf("{}")).toEqual([]);
  expect(membersOf("[1]")).toEqual([]);
  expect(membersOf('{"n":-12345678901234567890}').map(({ end }) => end)).toEqual([26]);
});

test("elements, and the value at a path: of equal names the last", () => {
  const list = '[1, [2,3] ,"4,",{}]';
  expect(elementsOf(list).map(({ start, end }) => list.slice(start, end))).toEqual([
    "1",
    "[2,3]",
    '"4,"',
    "{}",
  ]);
  expect(elementsOf("[ ]")).toEqual([]);
  expect(sourceAt(TEXT, "a")).toBe('"last, \\" "');
  expect(sourceAt(TEXT, 'b"\\', "2", 1, "x")).toBe('"]}\\\\"');
  expect(sourceAt(TEXT, "b", "2")).toBeNull();
  expect(sourceAt("[1]", 3)).toBeNull();
});

test.each([
  ['{"a":1,"b":2,"c":3}', ["a"], '{"b":2,"c":3}'],
  ['{"a":1,"b":2,"c":3}', ["b"], '{"a":1,"c":3}'],
  ['{"a":1,"b":2,"c":3}', ["c"], '{"a":1,"b":2}'],
  ['{"a":1,"b":2,"c":3}', ["b", "c"], '{"a":1}'],
  ['{ "a" : 1 , "b" : 2 }', ["a", "b"], "{ }"],
  ['{"a":1}', ["a"], "{}"],
])("%s without %j", (text, names, rest) => {
  const without = withoutMembers(
    text,
    membersOf(text).filter(({ name }) => names.includes(name)),
  );
  expect(JSON.parse(without)).toEqual(JSON.parse(rest));
});

test("a member of an object inside another", () => {
  const text = '{"id":1,"response":{"status_code":200,"body":{"a":[1]}},"error":null}';
  const body = memberOf(text, "body", memberOf(text, "response")?.start);
  expect(withoutMembers(text, body ? [body] : [])).toBe(
    '{"id":1,"response":{"status_code":200},"error":null}',
  );
});

test("depth: brackets inside strings are none", () => {
  const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  expect(isTooDeep(deep(MAX_DEPTH))).toBe(false);
  expect(isTooDeep(deep(MAX_DEPTH + 1))).toBe(true);
  expect(isTooDeep(JSON.stringify([deep(5000)]))).toBe(false);
  expect(isTooDeep(`[${"[],".repeat(5000)}[]]`)).toBe(false);
  expect(JSON.parse(onOneLine(deep(6000)))).toBe(deep(6000));
});

test("on one line: line ends go, what is in strings stays", () => {
  expect(onOneLine('{\r\n  "a": "x  \\n y",\n\t"b": 1.0\r}')).toBe('{ "a": "x  \\n y", "b": 1.0 }');
  expect(onOneLine('{"a":1}')).toBe('{"a":1}');
});

test.each(['{"a', '{"a"', '{"a":', '{"a":[1', '["x', "", '{"a\\', "{,}", "[,", "]", '{"a":}'])(
  "of %j, which is no JSON, it says something and ends",
  (text) => {
    membersOf(text);
    elementsOf(text);
    isTooDeep(text);
    withoutMembers(text, membersOf(text));
  },
);

test.each([
  '{"a":1,"response":{"x":"}","body":{"b":[1,{"body":2}]},"y":0},"z":null}',
  '{"response":{"body":1,"body":{"q":"\\"body\\":"}}}',
  '{"response":{"body":1},"response":{"no":2}}',
  '{"response":{"body":1},"response":3}',
  '{"body":1,"response":[{"body":2}]}',
  ' { "response" : { "body" : "x" , "c" : { } } , "d" : [ ] } ',
  '{"re\\u0073ponse":{"bod\\u0079":[1]}}',
  "{}",
  "[]",
  "7",
])("memberWithin(%s) is the member of the member", (text) => {
  const outer = memberOf(text, "response");
  expect(memberWithin(text, "response", "body")).toEqual(outer && memberOf(text, "body", outer.start));
});
