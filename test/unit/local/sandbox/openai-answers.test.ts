import type OpenAI from "openai";
import { expect, test } from "vitest";
import { chatLine, createOpenai, openaiLine, resultLines, setup } from "./setup.ts";

async function answerTo(line: string, endpoint: OpenAI.BatchCreateParams["endpoint"] = "/v1/chat/completions") {
  const { openai, pass } = await setup();
  const { id } = await createOpenai(openai, [line], { endpoint });
  pass(100);
  const batch = await openai.batches.retrieve(id);
  const [result] = await resultLines(openai, batch.output_file_id);
  return { body: result?.response?.body, usage: batch.usage };
}

test("max_tokens cuts the answer and says so", async () => {
  const { body } = await answerTo(chatLine("a", { max_tokens: 3 }));
  expect(body.choices[0].finish_reason).toBe("length");
  expect(body.choices[0].message.content).toHaveLength(12);
  expect(body.usage.completion_tokens).toBe(3);
});

test("reasoning models spend reasoning tokens", async () => {
  const { body, usage } = await answerTo(chatLine("a", { model: "o4-mini" }));
  expect(body.usage.completion_tokens_details.reasoning_tokens).toBeGreaterThan(0);
  expect(usage?.output_tokens_details.reasoning_tokens).toBe(body.usage.completion_tokens_details.reasoning_tokens);
});

test("a schema is followed", async () => {
  const schema = {
    type: "object",
    properties: { word: { type: "string" }, rank: { type: "integer", minimum: 7 }, kind: { enum: ["noun", "verb"] } },
  };
  const response_format = { type: "json_schema", json_schema: { name: "entry", schema } };
  const { body } = await answerTo(chatLine("a", { response_format }));
  expect(JSON.parse(body.choices[0].message.content)).toEqual({
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
  const call = body.choices[0].message.tool_calls[0].function;
  expect(call.name).toBe("weather");
  expect(JSON.parse(call.arguments)).toHaveProperty("city");
});

test("prompts that ask for JSON get it, fenced or plain", async () => {
  const forms = new Set<string>();
  for (const word of ["a", "b", "c", "d", "e", "f"]) {
    const messages = [{ role: "user", content: `Answer in JSON about ${word}` }];
    const { body } = await answerTo(chatLine("a", { messages }));
    const text: string = body.choices[0].message.content;
    const fenced = /^```json\n(.*)\n```$/s.exec(text)?.[1];
    forms.add(fenced === undefined ? "plain" : "fenced");
    expect(JSON.parse(fenced ?? text).about).toBe(`Answer in JSON about ${word}`);
  }
  expect([...forms].sort()).toEqual(["fenced", "plain"]);
});

test("the responses endpoint answers with a response", async () => {
  const line = openaiLine("a", "/v1/responses", { model: "gpt-4.1", instructions: "Be brief.", input: "What is a lamp?" });
  const { body, usage } = await answerTo(line, "/v1/responses");
  expect(body).toMatchObject({ object: "response", status: "completed", model: "gpt-4.1" });
  expect(body.output[0].content[0]).toMatchObject({ type: "output_text" });
  expect(body.output[0].content[0].text).toContain("What is a lamp?");
  expect(usage?.total_tokens).toBe(body.usage.total_tokens);
});

test("the embeddings endpoint answers with a unit vector for each input", async () => {
  const body = { model: "text-embedding-3-small", input: ["lamp", "light"], dimensions: 8 };
  const answer = (await answerTo(openaiLine("a", "/v1/embeddings", body), "/v1/embeddings")).body;
  expect(answer.data.map(({ index }: { index: number }) => index)).toEqual([0, 1]);
  for (const { embedding } of answer.data) {
    expect(embedding).toHaveLength(8);
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  }
  expect(answer.usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
});
