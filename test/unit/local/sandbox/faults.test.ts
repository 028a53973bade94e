import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, test } from "vitest";
import type { Fault } from "../../../../local/sandbox/faults.ts";
import {
  acceptedThen500,
  addedLines,
  doubledLines,
  missingLines,
  notFoundYet,
  plans,
  rateLimited,
  strike,
} from "../../../../local/sandbox/faults.ts";
import {
  chatLines,
  collect,
  createOpenai,
  messageRequests,
  messageResults,
  resultLines,
  setup,
} from "./setup.ts";

const CREATE = { operation: "batches.create" };

test("a create may be accepted though its answer is a 500", async () => {
  const { openai, anthropic } = await setup({ faults: strike(CREATE, acceptedThen500) });
  await expect(createOpenai(openai, chatLines(1))).rejects.toBeInstanceOf(OpenAI.InternalServerError);
  const create = anthropic.messages.batches.create({ requests: messageRequests(1) });
  await expect(create).rejects.toBeInstanceOf(Anthropic.InternalServerError);
  expect(await collect(openai.batches.list())).toHaveLength(1);
  expect(await collect(anthropic.messages.batches.list())).toHaveLength(1);
});

test("a create may be accepted though the connection is cut", async () => {
  const { openai } = await setup({ faults: strike(CREATE, { kind: "drop" }) });
  await expect(createOpenai(openai, chatLines(1))).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
  expect(await collect(openai.batches.list())).toHaveLength(1);
});

test("a refused create leaves nothing", async () => {
  const { openai } = await setup({ faults: strike(CREATE, { kind: "refuse" }) });
  await expect(createOpenai(openai, chatLines(1))).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
  expect(await collect(openai.batches.list())).toHaveLength(0);
});

test("faults are aimed by provider, operation and count", async () => {
  const faults = plans(
    strike({ provider: "openai", operation: "batches.retrieve", counts: [1, 2] }, notFoundYet),
    strike({ provider: "openai", operation: "batches.retrieve", counts: [3] }, rateLimited(7)),
  );
  const { openai } = await setup({ faults });
  const { id } = await createOpenai(openai, chatLines(1));
  await expect(openai.batches.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await expect(openai.batches.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  const limited = await openai.batches.retrieve(id).catch((error: unknown) => error);
  expect(limited).toBeInstanceOf(OpenAI.RateLimitError);
  expect((limited as InstanceType<typeof OpenAI.APIError>).headers?.get("retry-after")).toBe("7");
  expect((await openai.batches.retrieve(id)).status).toBe("validating");
});

async function idsThrough(fault: Fault): Promise<string[]> {
  const { openai, pass } = await setup({ faults: strike({ operation: "files.content" }, fault) });
  const { id } = await createOpenai(openai, chatLines(5));
  pass(100);
  const lines = await resultLines(openai, (await openai.batches.retrieve(id)).output_file_id);
  return lines.map(({ custom_id }) => custom_id);
}

test("result lines go missing, come twice, and come from elsewhere", async () => {
  expect(await idsThrough(missingLines((index) => index < 2))).toHaveLength(3);
  const doubled = await idsThrough(doubledLines((index) => index === 0));
  expect(doubled).toHaveLength(6);
  expect(doubled[5]).toBe(doubled[0]);
  expect(await idsThrough(addedLines('{"custom_id":"foreign"}'))).toContain("foreign");
});

test("results are cut in the middle", async () => {
  const faults = strike({ operation: "batches.results" }, { kind: "cut", bytes: 1000 });
  const { anthropic, pass } = await setup({ faults });
  const { id } = await anthropic.messages.batches.create({ requests: messageRequests(50) });
  pass(100);
  await expect(messageResults(anthropic, id)).rejects.toThrow();
});
