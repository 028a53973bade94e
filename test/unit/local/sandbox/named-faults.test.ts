import { expect, test } from "vitest";
import { NAMED_FAULTS, namedFaults } from "../../../../local/sandbox/named-faults.ts";
import type { ProviderName } from "../../../../shared/models.ts";
import { chatLines, createOpenai, resultLines, setup } from "./setup.ts";

/** What a plan does to the first calls of an operation. */
function strikes(
  names: string[],
  operation: string,
  calls: number,
  provider: ProviderName = "openai",
): (string | undefined)[] {
  const plan = namedFaults(names);
  return Array.from({ length: calls }, (_, at) => {
    const call = { provider, operation, method: "", path: "", key: "k", count: at + 1 };
    const fault = plan(call);
    return fault?.kind === "answer" ? String(fault.answer.status) : fault?.kind;
  });
}

test("each fault strikes now and then, several of them one after the other", () => {
  const twelve = strikes(["lost-create", "rate-limit", "cut-create"], "batches.create", 12);
  expect(twelve.slice(0, 4)).toEqual(["lose", "429", "drop", undefined]);
  expect(twelve.slice(4)).toEqual([...Array(6).fill(undefined), "lose", "429"]);
});

test("faults strike only what they are about", () => {
  expect(strikes(["lost-create", "cut-results"], "batches.list", 12).filter(Boolean)).toEqual([]);
  for (const [name, { operations }] of Object.entries(NAMED_FAULTS)) {
    const operation = operations?.[0] ?? "batches.list";
    // That one is about Claude on AWS alone.
    const provider = name === "no-federation" ? "anthropic-aws" : "openai";
    expect(strikes([name], operation, 1, provider)).not.toEqual([undefined]);
  }
});

test("all that is asked for befalls the same results", async () => {
  const faults = namedFaults(["missing-results", "doubled-results", "foreign-results", "broken-results"]);
  const { openai, pass } = await setup({ faults });
  const { id } = await createOpenai(openai, chatLines(21));
  pass(100);
  const file = String((await openai.batches.retrieve(id)).output_file_id);
  await expect(resultLines(openai, file)).rejects.toThrow("JSON");
  const lines = (await (await openai.files.content(file)).text()).trimEnd().split("\n");
  expect(lines.slice(0, 2)).toEqual(['{"custom_id":"br', '{"custom_id":"of-another-batch"}']);
  // 21 less the three that are missing, and two of the other 18 once more.
  expect(lines).toHaveLength(2 + 18 + 2);
});
