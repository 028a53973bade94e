import { expect, test } from "vitest";
import { checkCost } from "../../../../functions/prepare-job/check-cost.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { emptyQuote, mostOf } from "../../../../shared/money/quote.ts";
import { unseenIn } from "../../../../shared/money/unseen.ts";
import { formatOf } from "../../../../shared/providers/formats.ts";
import { quoteRequest, requestCost } from "../../../../shared/providers/quote-request.ts";

const user = (...content: object[]) => ({ messages: [{ role: "user", content }] });

test.each<[object, string[]]>([
  [{ input: [{ role: "user", content: [{ type: "input_file", file_url: "https://x/y.pdf" }] }] }, ["file"]],
  [{ input: [{ role: "user", content: [{ type: "input_file", file_id: "f" }] }] }, ["file"]],
  [{ input: [{ role: "user", content: [{ type: "input_image", image_url: "https://x" }] }] }, ["image"]],
  [{ previous_response_id: "r", input: "x" }, ["conversation"]],
  [{ conversation: { id: "c" }, input: "x" }, ["conversation"]],
  [{ prompt: { id: "p" } }, ["stored_prompt"]],
  [{ tools: [{ type: "web_search" }, { type: "function", name: "f" }] }, ["server_tool"]],
  [{ web_search_options: {} }, ["server_tool"]],
  [user({ type: "image_url", image_url: { url: "https://x" } }, { type: "text", text: "hi" }), ["image"]],
  [
    user({ type: "file", file: { file_id: "f" } }, { type: "input_audio", input_audio: { data: "x" } }),
    ["file", "audio"],
  ],
  [user({ type: "image", source: { type: "url", url: "https://x" } }), ["image"]],
  [user({ type: "document", source: { type: "url", url: "https://x" } }), ["file"]],
  [user({ type: "document", source: { type: "file", file_id: "f" } }), ["file"]],
  [
    user({ type: "document", source: { type: "content", content: [{ type: "image", source: {} }] } }),
    ["image"],
  ],
  [{ tools: [{ type: "web_search_20250305", name: "web_search" }] }, ["server_tool"]],
  [{ mcp_servers: [{ type: "url", url: "https://x" }] }, ["server_tool"]],
  // What stands in the request, and what only has such a name.
  [user({ type: "document", source: { type: "text", data: "all of it" } }), []],
  [{ messages: [{ role: "user", content: 'a "file_url" and an "image_url"' }] }, []],
  [
    { tools: [{ type: "function", function: { name: "f", parameters: { properties: { file_id: {} } } } }] },
    [],
  ],
  [{ tools: [{ name: "f", input_schema: { properties: { image_url: { type: "image" } } } }] }, []],
  [{ previous_response_id: null, input: "x" }, []],
])("fault 6: %j points to %j", (body, kinds) => {
  expect(unseenIn(body as Record<string, unknown>).kinds).toEqual(kinds);
});

const JOB = { provider: "openai", model: "gpt-4.1-mini", endpoint: "/v1/responses" };

function quoteOf(settings: object) {
  const spec = JobSpec.parse({ ...JOB, ...settings });
  const quote = emptyQuote();
  const content = [{ type: "input_file", file_url: "https://x/y.pdf" }];
  const body = { model: spec.model, input: [{ role: "user", content }], max_output_tokens: 10 };
  for (let n = 0; n < 100; n++) quoteRequest(quote, requestCost(formatOf("openai"), body, spec), 300, spec);
  return quote;
}

test("fault 6: a cap refuses what it cannot see, and an allowance lets it see", () => {
  const quote = quoteOf({});
  expect(mostOf(quote).cost_usd).toBeNull();
  expect(() => checkCost([quote], 100)).toThrow("cannot be counted before it is sent (100 × file)");
  expect(() => checkCost([quote], 100)).toThrow('allowances {"file": 2000}');
  const allowed = quoteOf({ allowances: { file: 5000 } });
  checkCost([allowed], 100);
  expect(mostOf(allowed).prompt_tokens).toBeGreaterThan(500_000);
  // 500,000 tokens are 0.1 dollars at the batch price.
  expect(() => checkCost([allowed], 0.05)).toThrow("the job may cost");
});

test("base64 is not counted as text", () => {
  const url = `data:image/png;base64,${"A".repeat(400_000)}`;
  const body = {
    model: "m",
    messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
  };
  const spec = JobSpec.parse({ provider: "openai", model: "gpt-4.1-mini", allowances: { image: 1000 } });
  const quote = emptyQuote();
  quoteRequest(quote, requestCost(formatOf("openai"), body, spec), JSON.stringify(body).length, spec);
  expect(mostOf(quote).prompt_tokens).toBeLessThan(1100);
});
