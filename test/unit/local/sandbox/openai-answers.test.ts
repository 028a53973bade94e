import type OpenAI from "openai";
import { expect, test } from "vitest";
import { chatLine, createOpenai, openaiLine, resultLines, setup } from "./setup.ts";

async function answerTo<Body = OpenAI.ChatCompletion>(
  line: string,
  endpoint: OpenAI.BatchCreateParams["endpoint"] = "/v1/chat/completions",
) {
  const { openai, pass } = await setup();
  const { id } = await createOpenai(openai, [line], { endpoint });
  pass(100);
  const batch = await openai.batches.retrieve(id);
  const [result] = await resultLines<Body>(openai, batch.output_file_id);
  if (!result?.response) throw new Error("no answer");
  return { body: result.response.body, usage: batch.usage };
}

function textOf({ choices }: OpenAI.ChatCompletion): string {
  return choices[0]?.message.content ?? "";
}

test("max_tokens cuts the answer and says so", async () => {
  const { body } = await answerTo(chatLine("a", { max_tokens: 3 }));
  expect(body.choices[0]?.finish_reason).toBe("length");
  expect(textOf(body)).toHaveLength(12);
  expect(body.usage?.completion_tokens).toBe(3);
});

test("reasoning models spend reasoning tokens", async () => {
  const { body, usage } = await answerTo(chatLine("a", { model: "o4-mini" }));
  const reasoning = body.usage?.completion_tokens_details?.reasoning_tokens;
  expect(reasoning).toBeGreaterThan(0);
  expect(usage?.output_tokens_details.reasoning_tokens).toBe(reasoning);
});

test("as many choices as asked for, each of them charged", async () => {
  const { body, usage } = await answerTo(chatLine("a", { n: 3, max_tokens: 3 }));
  expect(body.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
  expect([body.usage?.completion_tokens, usage?.output_tokens]).toEqual([9, 9]);
});

test("a schema is followed", async () => {
  const schema = {
    type: "object",
    properties: {
      word: { type: "string" },
      rank: { type: "integer", minimum: 7 },
      kind: { enum: ["noun", "verb"] },
    },
  };
  const response_format = { type: "json_schema", json_schema: { name: "entry", schema } };
  const { body } = await answerTo(chatLine("a", { response_format }));
  expect(JSON.parse(textOf(body))).toEqual({
    word: "Define the word a in one sentence.",
    rank: 7,
    kind: "noun",
  });
});

test("a tool that must be called is called", async () => {
  const parameters = { type: "object", properties: { city: { type: "string" } } };
  const tools = [{ type: "function", function: { name: "weather", parameters } }];
  const { body } = await answerTo(chatLine("a", { tools, tool_choice: "required" }));
  expect(body.choices[0]).toMatchObject({ finish_reason: "tool_calls", message: { content: null } });
  const [call] = body.choices[0]?.message.tool_calls ?? [];
  if (call?.type !== "function") throw new Error("no call");
  expect(call.function.name).toBe("weather");
  expect(JSON.parse(call.function.arguments)).toHaveProperty("city");
});

test("prompts that ask for JSON get it, fenced or plain", async () => {
  const forms = new Set<string>();
  for (const word of ["a", "b", "c", "d", "e", "f"]) {
    const messages = [{ role: "user", content: `Answer in JSON about ${word}` }];
    const { body } = await answerTo(chatLine("a", { messages }));
    const text = textOf(body);
    const fenced = /^```json\n(.*)\n```$/s.exec(text)?.[1];
    forms.add(fenced === undefined ? "plain" : "fenced");
    expect(JSON.parse(fenced ?? text).about).toBe(`Answer in JSON about ${word}`);
  }
  expect([...forms].sort()).toEqual(["fenced", "plain"]);
});

test("the responses endpoint answers with a response", async () => {
  const line = openaiLine("a", "/v1/responses", {
    model: "gpt-4.1",
    instructions: "Be brief.",
    input: "What is a lamp?",
  });
  const { body, usage } = await answerTo<OpenAI.Responses.Response>(line, "/v1/responses");
  expect(body).toMatchObject({ object: "response", status: "completed", model: "gpt-4.1" });
  const text = expect.stringContaining("What is a lamp?");
  expect(body.output).toMatchObject([{ type: "message", content: [{ type: "output_text", text }] }]);
  expect(usage?.total_tokens).toBe(body.usage?.total_tokens);
});

test("the embeddings endpoint answers with a unit vector for each input", async () => {
  const body = { model: "text-embedding-3-small", input: ["lamp", "light"], dimensions: 8 };
  const line = openaiLine("a", "/v1/embeddings", body);
  const { body: answer } = await answerTo<OpenAI.CreateEmbeddingResponse>(line, "/v1/embeddings");
  expect(answer.data.map(({ index }) => index)).toEqual([0, 1]);
  for (const { embedding } of answer.data) {
    expect(embedding).toHaveLength(8);
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  }
  expect(answer.usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
});
