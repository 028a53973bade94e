/** An address where something else answers: a person must know, and no batch is sent. */
import { afterEach, expect, test, vi } from "vitest";
import { ApiServer } from "./api-server.ts";
import { errorOf, providerAt } from "./submission.ts";

afterEach(() => vi.unstubAllEnvs());

const mark = { job_id: "j", batch: 1, round: 1, tag: "t" };

test.each(["openai", "anthropic", "gemini"] as const)(
  "%s: looking for a batch at a server without a batch API says which address to check",
  async (provider) => {
    const server = await ApiServer.start({});
    const { findBatch } = await providerAt(provider, server.url).then((made) => ({
      findBatch: () => made.findBatch({ mark, request_count: 1, created_after: 0 }),
    }));
    expect(await errorOf(findBatch())).toMatchObject({
      name: "ProviderAuthError",
      message: expect.stringContaining(
        `what answers at ${server.url} has no batch API; check the address, then start the job again`,
      ),
    });
  },
);
