import { expect, test } from "vitest";
import type { Fault } from "../../../../local/sandbox/faults.ts";
import { strike } from "../../../../local/sandbox/faults.ts";
import { chatLines, createOpenai, messageRequests, setup } from "./setup.ts";

/** Asks for the results of one batch of each provider, whole and by range. */
async function results(faults: Fault[] = []) {
  const { sandbox, openai, anthropic, pass } = await setup({
    faults: (call) =>
      faults.map((fault) => strike({}, fault)(call)).find((fault) => fault && isDownload(call)),
  });
  const made = await createOpenai(openai, chatLines(5));
  const batch = await anthropic.messages.batches.create({ requests: messageRequests(5) });
  pass(100);
  const { output_file_id } = await openai.batches.retrieve(made.id);
  const headers = { authorization: "Bearer key", "x-api-key": "key", "anthropic-version": "2023-06-01" };
  return [
    `${sandbox.openaiBaseUrl}/files/${output_file_id}/content`,
    `${sandbox.anthropicBaseUrl}/v1/messages/batches/${batch.id}/results`,
  ].map((url) => async (range?: string) => {
    const answer = await fetch(url, { headers: { ...headers, ...(range && { range }) } });
    return { status: answer.status, range: answer.headers.get("content-range"), text: await answer.text() };
  });
}

function isDownload({ operation }: { operation: string }): boolean {
  return operation === "files.content" || operation === "batches.results";
}

test("the rest of a file, a part of it, and none of it", async () => {
  for (const get of await results()) {
    const { status, text } = await get();
    expect(status).toBe(200);
    const bytes = text.length;
    expect(await get("bytes=100-")).toEqual({
      status: 206,
      range: `bytes 100-${bytes - 1}/${bytes}`,
      text: text.slice(100),
    });
    expect(await get("bytes=100-109")).toEqual({
      status: 206,
      range: `bytes 100-109/${bytes}`,
      text: text.slice(100, 110),
    });
    expect(await get(`bytes=${bytes}-`)).toEqual({ status: 416, range: `bytes */${bytes}`, text: "" });
    expect((await get("lines=1-2")).text).toBe(text);
  }
});

test("a server that knows no ranges sends all", async () => {
  for (const get of await results([{ kind: "whole" }])) {
    expect(await get("bytes=100-")).toEqual({ ...(await get()), status: 200, range: null });
  }
});
