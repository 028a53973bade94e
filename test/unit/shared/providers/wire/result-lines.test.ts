/** Results that are read on from a place, whatever the server makes of a range. */
import { afterEach, expect, test, vi } from "vitest";
import { firstPlace, type Provider, type ResultsPlace } from "../../../../../shared/providers/provider.ts";
import { ApiServer, type Route } from "../api-server.ts";
import { errorOf, providerAt } from "../submission.ts";

afterEach(() => vi.unstubAllEnvs());

const openaiLine = (custom_id: string) =>
  `${JSON.stringify({ custom_id, response: null, error: { code: "batch_expired" } })}\n`;
const anthropicLine = (custom_id: string) =>
  `${JSON.stringify({ custom_id, result: { type: "expired" } })}\r\n\r\n`;

/** A server that knows ranges. */
const ranged =
  (text: string): Route =>
  ({ headers }, response) => {
    const bytes = Buffer.from(text);
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? -1);
    if (from >= bytes.length) return void response.writeHead(416).end();
    if (from < 0) return void response.end(bytes);
    response.writeHead(206, { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(from));
  };
const whole =
  (text: string): Route =>
  (_, response) =>
    void response.end(text);
/** Answers a range with another one. */
const shifted =
  (text: string): Route =>
  (_, response) => {
    response.writeHead(206, { "content-range": `bytes 0-${text.length - 1}/${text.length}` });
    response.end(text);
  };

const SERVERS = [
  ["by range", ranged],
  ["by passing over what is known", whole],
] as const;

/** The ids given from a place on, and where each begins. */
async function read(provider: Provider, raw: Record<string, unknown>, place: ResultsPlace = firstPlace()) {
  const given: { id: string | null; place: ResultsPlace }[] = [];
  for await (const outcomes of provider.getResults({ id: "b", raw }, place))
    for (const { custom_id } of outcomes) given.push({ id: custom_id, place: { ...place } });
  return given;
}

async function openai(make: (text: string) => Route, output: string[], errors: string[]) {
  const server = await ApiServer.start({
    "GET /v1/files/out/content": make(output.map(openaiLine).join("")),
    "GET /v1/files/err/content": make(errors.map(openaiLine).join("")),
  });
  return { server, provider: await providerAt("openai", `${server.url}/v1`) };
}

const RAW = { id: "b", output_file_id: "out", error_file_id: "err" };

test.each(SERVERS)("OpenAI: from each line on, in both files, %s", async (_, make) => {
  const { server, provider } = await openai(make, ["a", "bü", "c"], ["d", "e"]);
  await using _server = server;
  const all = await read(provider, RAW);
  expect(all.map(({ id }) => id)).toEqual(["a", "bü", "c", "d", "e"]);
  expect(all.map(({ place }) => place.file)).toEqual([0, 0, 0, 1, 1]);
  for (const [at, { place }] of all.entries()) {
    expect(await read(provider, RAW, { ...place })).toEqual(all.slice(at));
  }
  // What is in a file before the place's is not asked for again.
  server.got.length = 0;
  await read(provider, RAW, { ...(all[4] as (typeof all)[0]).place });
  expect(server.calls).toEqual(["GET /v1/files/err/content"]);
});

test.each(SERVERS)("Anthropic: from each line on, %s", async (_, make) => {
  const text = ["a", "b\u2028", "c"].map(anthropicLine).join("");
  await using server = await ApiServer.start({ "GET /v1/messages/batches/b/results": make(text) });
  const provider = await providerAt("anthropic", server.url);
  const all = await read(provider, { id: "b" });
  expect(all.map(({ id }) => id)).toEqual(["a", "b\u2028", "c"]);
  for (const [at, { place }] of all.entries()) {
    expect(await read(provider, { id: "b" }, { ...place })).toEqual(all.slice(at));
  }
});

test.each([
  ["another line is there", ranged, ["b", "a", "c"]],
  ["another line is there, without ranges", whole, ["b", "a", "c"]],
  ["the file has become shorter", ranged, ["a"]],
  ["the file has become shorter, without ranges", whole, ["a"]],
  ["the server answers with another range", shifted, ["a", "b", "c"]],
] as const)("%s: the results have changed", async (_, make, now) => {
  const before = await openai(ranged, ["a", "b", "c"], []);
  const [, second] = await read(before.provider, { ...RAW, error_file_id: null });
  await before.server[Symbol.asyncDispose]();
  const { server, provider } = await openai(make, [...now], []);
  await using _server = server;
  const error = await errorOf(read(provider, { ...RAW, error_file_id: null }, second?.place));
  expect(error.name).toBe("ResultsChangedError");
});

test.each([
  ["blank lines", "\n".repeat(64)],
  ["a line without an end", "x".repeat(1 << 20)],
])("%s for ever end the file: what came before is kept", { timeout: 30_000 }, async (_, piece) => {
  const endless: Route = (_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write(piece.repeat(piece.length > 64 ? 1 : 1 << 14)));
    };
    response.write(openaiLine("a"));
    response.on("drain", more);
    more();
  };
  const server = await ApiServer.start({ "GET /v1/files/out/content": endless });
  const provider = await providerAt("openai", `${server.url}/v1`);
  const ids = [];
  for await (const outcomes of provider.getResults({ id: "b", raw: { output_file_id: "out" } }))
    for (const { custom_id } of outcomes) ids.push(custom_id);
  expect(ids.filter((id) => id !== null)).toEqual(["a"]);
});
