import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, test, vi } from "vitest";
import type { Access } from "../../../../../shared/providers/access.ts";
import { anthropicProvider } from "../../../../../shared/providers/anthropic/provider.ts";
import { PROFILES } from "../../../../../shared/providers/list.ts";
import { openaiProvider } from "../../../../../shared/providers/openai/provider.ts";
import type { EndedBatch } from "../../../../../shared/providers/provider.ts";
import { ApiServer, type Got } from "../api-server.ts";
import { submission } from "../submission.ts";

const KEY = "sk-some-test-key";
const CHAT = '{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"é"}]}';
const REQUESTS = `{"requests":[{"custom_id":"a","params":${CHAT}}]}`;

/** What tells an SDK, or `fetch`, and nothing of the call. */
const OF_A_CLIENT = /^(x-stainless-.*|user-agent|accept-(encoding|language)|sec-fetch-mode|host|connection)$/;

function plain({ method, url, headers, body }: Got) {
  const told = Object.entries(headers).filter(([name]) => !OF_A_CLIENT.test(name));
  return { call: `${method} ${url}`, headers: Object.fromEntries(told), body };
}

/** Our calls and theirs, each without its answer. */
async function compared(
  ours: (access: Access) => Promise<unknown>[],
  theirs: (url: string) => Promise<unknown>[],
) {
  await using server = await ApiServer.start({});
  const made: ReturnType<typeof plain>[][] = [];
  const access: Access = { kind: "key", base_url: server.url, settings: {}, api_key: { key: KEY } };
  for (const calls of [ours(access), theirs(server.url)]) {
    await Promise.allSettled(calls);
    made.push(server.got.splice(0).map(plain));
  }
  const sorted = (all: ReturnType<typeof plain>[] = []) => all.sort((a, b) => (a.call < b.call ? -1 : 1));
  expect(sorted(made[0])).toEqual(sorted(made[1]));
  return made[0]?.length;
}

async function read(results: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of results);
}

test("calls are those of OpenAI's SDK, what the environment sets included", async () => {
  vi.stubEnv("OPENAI_ORG_ID", "org-a");
  vi.stubEnv("OPENAI_PROJECT_ID", "proj_b");
  vi.stubEnv("OPENAI_CUSTOM_HEADERS", "X-One: 1\nX-Two: a: b");
  const calls = await compared(
    (access) => {
      const provider = openaiProvider(access, PROFILES.openai);
      const batch = { id: "b", raw: { output_file_id: "file/1" } } as unknown as EndedBatch;
      const asked = { endpoint: "/v1/chat/completions", custom_id: "a", body: CHAT, model: "m" } as const;
      return [
        read(provider.getResults(batch)),
        provider.deleteUpload("file/2"),
        provider.answerNow(asked, new AbortController().signal),
      ];
    },
    (url) => {
      const client = new OpenAI({ baseURL: url, apiKey: KEY, maxRetries: 0 });
      return [
        client.files.content("file/1"),
        client.files.delete("file/2"),
        client.chat.completions.create(JSON.parse(CHAT)),
      ];
    },
  );
  expect(calls).toBe(3);
});

test("calls are those of Anthropic's SDK, its version of the API and what the environment sets included", async () => {
  vi.stubEnv("ANTHROPIC_CUSTOM_HEADERS", "X-One: 1");
  const calls = await compared(
    (access) => {
      const provider = anthropicProvider(access, PROFILES.anthropic);
      const query = { created_after: 0, request_count: 1 } as Parameters<typeof provider.findBatch>[0];
      const asked = { endpoint: "/v1/chat/completions", custom_id: "a", body: CHAT, model: "m" } as const;
      return [
        provider.pollStatus("b/1"),
        provider.findBatch(query),
        provider.submitBatch(submission(REQUESTS, "anthropic")),
        provider.answerNow(asked, new AbortController().signal),
      ];
    },
    (url) => {
      const client = new Anthropic({ baseURL: url, apiKey: KEY, maxRetries: 0 });
      return [
        client.messages.batches.retrieve("b/1"),
        read(client.messages.batches.list({ limit: 100 })),
        client.messages.batches.create(JSON.parse(REQUESTS)),
        client.messages.create(JSON.parse(CHAT)),
      ];
    },
  );
  expect(calls).toBe(4);
});
