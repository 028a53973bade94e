/** The AI SDK against the sandbox: what programs use that talk to models through it. */
import { createOpenAI } from "@ai-sdk/openai";
import { embed, generateText, jsonSchema, Output } from "ai";
import { expect, test } from "vitest";
import { setup } from "./setup.ts";

test("the AI SDK: text by both of OpenAI's endpoints, an object, an embedding, a refusal", async () => {
  const { sandbox } = await setup();
  const openai = createOpenAI({ apiKey: "k", baseURL: sandbox.openaiBaseUrl });
  const prompt = "Define the word tree.";
  const common = { prompt, maxRetries: 0 };
  const chat = await generateText({ model: openai.chat("gpt-4.1-mini"), ...common });
  const response = await generateText({ model: openai.responses("gpt-4.1-mini"), ...common });
  expect(chat.text).toContain(prompt);
  expect(response.text).toBe(chat.text);
  expect(chat.usage.outputTokens).toBeGreaterThan(0);
  const schema = jsonSchema<{ word: string }>({
    type: "object",
    properties: { word: { type: "string" } },
    required: ["word"],
    additionalProperties: false,
  });
  const model = openai.chat("gpt-4.1-mini");
  const { output } = await generateText({ model, output: Output.object({ schema }), ...common });
  expect(output.word).toBe(prompt);
  const { embedding } = await embed({ model: openai.embedding("text-embedding-3-small"), value: "tree" });
  expect(embedding).toHaveLength(256);
  const misspelt = generateText({ model: openai.chat("gpt-4o-mni"), ...common });
  await expect(misspelt).rejects.toMatchObject({ statusCode: 404 });
});
