/** A model that cannot answer is refused before anything is sent; one that may be new is not. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { item, Place } from "../harness/command.ts";

vi.setConfig({ testTimeout: 180_000 });

test.each([
  ["gpt-4o-mni", "did you mean gpt-4o-mini?"],
  ["claude-haiku-4-5", "it is a model of Anthropic: give --provider anthropic"],
])("%s at OpenAI is refused with a hint, by run, submit and quote", async (model, hint) => {
  const place = new Place();
  const provider = await place.provider();
  const file = place.file("data.jsonl", [item("a")]);
  for (const command of ["run", "submit", "quote"]) {
    const ended = await place.run([command, file, "--provider", "openai", "--model", model]);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain(hint);
    expect(ended.stderr).toContain("--model-unchecked");
  }
  expect((await provider.stats()).openai.batches_created).toBe(0);
  const quoted = await place.run([
    "quote",
    file,
    "--provider",
    "openai",
    "--model",
    model,
    "--model-unchecked",
  ]);
  expect(quoted).toMatchObject({ code: 0, stderr: "" });
  const fresh = await place.run(["quote", file, "--provider", "openai", "--model", "gpt-9"]);
  expect(fresh.code).toBe(0);
  expect(fresh.stderr).toContain("warning: gpt-9 is not in the price list");
});

test("a local server: dead, without the model, and with it; its answers have no list price", async () => {
  const place = new Place();
  const file = place.file("data.jsonl", [{ ...item("a"), max_tokens: 7 }]);
  const run = (upstream: string, model: string) =>
    place.run([
      ...["run", file, "--provider", "openai", "--model", model, "--sandbox", "--upstream", upstream],
      ...["--out", "out"],
    ]);
  const dead = await run("http://127.0.0.1:9/v1", "gpt-4.1-mini");
  expect(dead).toMatchObject({ code: 2, stdout: "" });
  expect(dead.stderr).toContain("no server answers at http://127.0.0.1:9/v1");

  const { url, asked } = await server();
  const missing = await run(url, "qwen3");
  expect(missing).toMatchObject({ code: 2, stdout: "" });
  expect(missing.stderr).toContain(`${url} has no model qwen3; it has gpt-4.1-mini:latest, llama`);
  const elsewhere = await run(url.replace(/\/v1$/, ""), "llama");
  expect(elsewhere.stderr).toContain("which mostly ends in /v1");
  expect(asked).toEqual([]);

  const { code, stdout } = await run(url, "gpt-4.1-mini");
  expect(code).toBe(0);
  expect(asked).toEqual([expect.objectContaining({ max_completion_tokens: 7, max_tokens: 7 })]);
  expect(stdout).toContain(`${url} answers, with batches of this machine: OpenAI is not called.`);
  expect(stdout).toContain(`cost unknown: the models are those of ${url}`);
  expect(stdout).not.toMatch(/USD|Sandbox/);
  const summary = JSON.parse(place.read("out/summary.json"));
  expect(summary).toMatchObject({
    origin: url,
    receipt: { cost_usd: null, real_time_usd: null, total_tokens: 3 },
  });
  expect(summary).not.toHaveProperty("sandbox");
});

/** A server with two models under /v1, and the requests that it was sent. */
async function server() {
  const asked: unknown[] = [];
  const http = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    response.setHeader("content-type", "application/json");
    if (request.url === "/v1/models") {
      response.end(JSON.stringify({ data: [{ id: "gpt-4.1-mini:latest" }, { id: "llama" }] }));
    } else if (request.url === "/v1/chat/completions") {
      asked.push(JSON.parse(text));
      const choices = [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }];
      response.end(
        JSON.stringify({ choices, usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }),
      );
    } else {
      response.statusCode = 404;
      response.end("<html>not here</html>");
    }
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void http.close());
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`, asked };
}
