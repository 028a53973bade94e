import { expect, onTestFinished, test } from "vitest";
import { Spool } from "../../../../functions/collect-results/spool.ts";

test("answers of any size come back by their line, whatever the order", () => {
  const spool = new Spool();
  onTestFinished(() => spool.close());
  const textOf = (line: number) => `${line}:${"é€".repeat((line * 977) % 3000)}`;
  const large = "€".repeat(700_000);
  for (let line = 2000; line > 0; line--) {
    if (line === 1000) spool.add(5000, "failed", true, large);
    spool.add(line, "succeeded", false, textOf(line));
    if (line % 500 === 0) expect(spool.get(line)?.bytes.toString()).toBe(textOf(line));
  }
  for (let line = 1; line <= 2000; line++) expect(spool.get(line)?.bytes.toString()).toBe(textOf(line));
  expect(spool.get(5000)).toMatchObject({ status: "failed", retryable: true });
  expect(spool.get(5000)?.bytes.toString()).toBe(large);
  expect(spool.get(5001)).toBeNull();
});
