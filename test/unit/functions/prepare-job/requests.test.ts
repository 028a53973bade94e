import { expect, test } from "vitest";
import { parseLine, parseObject } from "../../../../functions/prepare-job/input-line.ts";
import { Requests } from "../../../../functions/prepare-job/requests.ts";
import { JobSpec, ProviderName } from "../../../../shared/models.ts";
import { emptyQuote } from "../../../../shared/money/quote.ts";
import { formatOf } from "../../../../shared/providers/formats.ts";
import { PROFILES } from "../../../../shared/providers/list.ts";
import { quoteRequest } from "../../../../shared/providers/quote-request.ts";

const PROMPTS = [
  "hi",
  'a "quote", a \\ and\n日本 “é”',
  "\ud83d\ude00",
  "$& $1 nightshift",
  "</script>\u2028",
];

const JOBS = ProviderName.options.flatMap((provider) =>
  [...PROFILES[provider].endpoints, "/v1/chat/completions" as const].flatMap((endpoint) =>
    [{}, { system: "Be brief." }].map((more) => ({ provider, endpoint, more })),
  ),
);

function sourceOf(text: string, spec: JobSpec) {
  const line = parseObject(Buffer.from(text));
  if ("problem" in line) throw new Error(line.problem);
  const parsed = parseLine(line, spec);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed.source;
}

test.each(JOBS)(
  "$provider $endpoint $more: a prompt in a frame is the request that its format makes",
  (job) => {
    const spec = JobSpec.parse({
      provider: job.provider,
      model: "claude-haiku-4-5",
      endpoint: job.endpoint,
      ...job.more,
    });
    const format = formatOf(job.provider);
    const requests = new Requests(format, spec);
    for (const [at, user_message] of PROMPTS.entries()) {
      const source = sourceOf(JSON.stringify({ custom_id: "x", user_message }), spec);
      expect(source).toMatchObject({ prompt: JSON.stringify(user_message) });
      const { prompt: _, ...plain } = source as { kind: "item"; prompt: string } & typeof source;
      let body: Record<string, unknown>;
      try {
        body = format.body(plain, spec);
      } catch {
        expect(() => requests.of(source)).toThrow();
        continue;
      }
      const request = requests.of(source);
      const id = `0123456789abcdef-${at + 1}`;
      expect(String(request.text(id))).toBe(format.request(body, spec, id));
      expect(request.weight).toBe(format.weight(body, spec));
      const quotes = [emptyQuote(), emptyQuote()] as const;
      quoteRequest(quotes[0], request.cost, 1000, spec);
      quoteRequest(quotes[1], new Requests(format, spec).of(plain).cost, 1000, spec);
      expect(quotes[0]).toEqual(quotes[1]);
    }
  },
);

test("what Python escapes is sent unescaped, and half a character is refused", () => {
  const spec = JobSpec.parse({ provider: "openai", model: "m" });
  const requests = new Requests(formatOf("openai"), spec);
  expect(
    String(requests.of(sourceOf('{"custom_id":"a","user_message":"\\u65e5"}', spec)).text("a-1")),
  ).toContain('"日"');
  const half = sourceOf('{"custom_id":"a","user_message":"\\ud83d"}', spec);
  expect(() => requests.of(half).text("a-1")).toThrow("has half a surrogate pair");
});
