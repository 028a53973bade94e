/** Recipes in the bucket: an upload names one, and needs no other setting. */
import { expect, test } from "vitest";
import { putObject } from "../../shared/objects/objects.ts";
import { startWorld } from "../harness/harness.ts";

const world = await startWorld();
const uploaded = true;
const CSV = "sku,text\n007,broken\n8,late\n";

const RECIPE = `
# What our tickets are sorted by.
provider: openai
model: gpt-4.1-mini
id: sku
prompt: "Sort: {{text}}"
schema:
  type: object
  properties: {kind: {enum: [billing, other]}, urgent: {type: boolean}}
  required: [kind, urgent]
  additionalProperties: false
`;

test("an upload with recipe=NAME is asked by the recipe; its own metadata is stronger", async () => {
  await world.sandbox();
  await putObject("recipes/tickets.yaml", RECIPE);
  const metadata = { recipe: "tickets", system: "Be brief.", "max-rounds": "1" };
  const run = await world.run(CSV, { name: "tickets.csv", metadata, uploaded });
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ custom_id, input }) => [custom_id, input])).toEqual([
    ["007", { sku: "007", text: "broken" }],
    ["8", { sku: "8", text: "late" }],
  ]);
  for (const { response } of run.results) {
    expect(response?.parsed).toEqual({ kind: expect.any(String), urgent: expect.any(Boolean) });
  }
});

test("a tenant's upload uses the tenant's own recipe, and not the stack's", async () => {
  await world.sandbox();
  await putObject("recipes/shared.yaml", RECIPE);
  const metadata = { recipe: "shared" };
  const without = await world.run(CSV, { name: "acme/a.csv", metadata, uploaded });
  expect(without.record?.error).toBe(
    "recipe: there is no recipes/acme/shared.yaml in the bucket; put it there with: nightshift recipe put FILE shared --stack STACK --tenant acme",
  );
  await putObject("recipes/acme/shared.yaml", RECIPE);
  const run = await world.run(CSV, { name: "acme/b.csv", metadata, uploaded });
  expect(run.summary?.counts?.succeeded).toBe(2);
});

test.each([
  ["nobody", "", "there is no recipes/nobody.yaml in the bucket; put it there with: nightshift recipe put"],
  ["../inbox/x", "", '"../inbox/x" is no name: it has letters, digits, - and _'],
  ["slip", "modle: gpt-4.1-mini", 'the recipe slip: "modle" is no setting; did you mean model?'],
  ["broken", "a: [", "the recipe broken is not valid YAML: see line 1"],
  ["worded", `${RECIPE}max_rounds: many`, "max_rounds (from the recipe worded): must be a number"],
  [
    "lacking",
    RECIPE.replace("{{text}}", "{{txet}}"),
    'has no column "txet"; did you mean "text"? Its columns are sku, text',
  ],
])("the recipe %s is refused in one sentence before anything is sent", async (recipe, text, problem) => {
  const sandbox = await world.sandbox();
  if (text) await putObject(`recipes/${recipe}.yaml`, text);
  const run = await world.run(CSV, { name: `${Math.random()}.csv`, metadata: { recipe }, uploaded });
  expect(run.record?.error).toContain(problem);
  expect(run.record?.error).not.toContain("\n");
  expect((await sandbox.stats()).openai.requests_accepted).toBe(0);
});

test("a first line and an execution's input name one, too: the strongest is taken", async () => {
  await world.sandbox();
  await putObject("recipes/first.yaml", "provider: openai\nmodel: gpt-4.1-mini\nsystem: Say FIRST.\n");
  const lines = [
    '{"job":{"recipe":"nobody","system":"Say LINE."}}',
    '{"custom_id":"a","user_message":"Hello."}',
  ];
  const run = await world.run(lines, { job: { recipe: "first" } });
  expect(run.error).toBeUndefined();
  expect(run.summary?.counts?.succeeded).toBe(1);
});
