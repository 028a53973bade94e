/** What a new user does first: `nightshift run … --sandbox`, at each provider, with 1,000 questions about WordNet's words. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeItems } from "../../examples/wordnet.ts";
import { ProviderName } from "../../shared/models.ts";
import { Place } from "../harness/command.ts";
import { MODELS } from "../harness/provider-models.ts";

const ITEMS = 1000;

/** Commands at once: most of their time is the sandbox's three seconds. */
const AT_ONCE = 3;

test("each provider answers 1,000 items, in order, without a key", { timeout: 300_000 }, async () => {
  const place = new Place();
  // A user's own AWS settings must neither stop the sandbox nor reach it.
  place.env = { AWS_PROFILE: "not-there", AWS_REGION: "eu-central-1", AWS_EC2_METADATA_DISABLED: "true" };
  const file = join(place.dir, "data.jsonl");
  await writeItems(ITEMS, file);
  const ids = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).custom_id);
  const left = [...ProviderName.options];
  const seen = new Map<string, unknown>();
  async function work(): Promise<void> {
    for (let provider = left.shift(); provider; provider = left.shift()) {
      const started = Date.now();
      const { code, stderr } = await place.run([
        ...["run", file, "--provider", provider, "--model", MODELS[provider], "--sandbox"],
        ...["--data-dir", `state-${provider}`, "--out", provider],
      ]);
      console.log(`${provider}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
      const results = code === 0 ? place.results(provider) : [];
      seen.set(provider, {
        code,
        stderr: code === 0 ? "" : stderr,
        inOrder: results.every(({ custom_id }, at) => custom_id === ids[at]),
        succeeded: results.filter(({ status, response }) => status === "succeeded" && response?.content)
          .length,
        prompts: results.filter(({ raw }) => JSON.stringify(raw).includes("in this meaning")).length,
      });
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const fine = { code: 0, stderr: "", inOrder: true, succeeded: ITEMS, prompts: 0 };
  expect(Object.fromEntries(seen)).toEqual(
    Object.fromEntries(ProviderName.options.map((provider) => [provider, fine])),
  );
});
