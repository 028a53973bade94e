import { expect, test } from "vitest";
import { lineOf, tagOf, wireId } from "../../../../shared/objects/keys.ts";

/** https://platform.claude.com/docs/en/api/messages/batches/create */
const ANTHROPIC = /^[a-zA-Z0-9_-]{1,64}$/;

test("wire ids fit Anthropic's pattern, for any job and any line", () => {
  for (const job of ["a", "ünï-日本\n", "x".repeat(1000)]) {
    for (const line of [1, 10_000_000_000]) expect(wireId(tagOf(job, 9999, 10), line)).toMatch(ANTHROPIC);
  }
});

test("job, batch and round make the tag; neighbours do not run into each other", () => {
  const tags = [
    tagOf("a", 1, 1),
    tagOf("a", 1, 2),
    tagOf("a", 2, 1),
    tagOf("a", 11, 1),
    tagOf("a", 1, 11),
    tagOf("a\n1", 1, 1),
    tagOf("b", 1, 1),
  ];
  expect(new Set(tags).size).toBe(tags.length);
  expect(tagOf("a", 1, 1)).toBe(tagOf("a", 1, 1));
});

test("the line is read back from ids with this tag only", () => {
  const tag = tagOf("job", 1, 1);
  expect(lineOf(wireId(tag, 117_659), tag)).toBe(117_659);
  for (const id of [
    "",
    tag,
    `${tag}-`,
    `${tag}-0`,
    `${tag}-01`,
    `${tag}--1`,
    `${tag}-1.5`,
    `${tag}-1x`,
    `${tag}-1\n`,
    `${tag}-1e3`,
    `${tag}-９`,
    `${tag}-${"9".repeat(16)}`,
    `x${tag}-1`,
    wireId(tagOf("job", 1, 2), 1),
  ]) {
    expect(lineOf(id, tag)).toBeNull();
  }
});
