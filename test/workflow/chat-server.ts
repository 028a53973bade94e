/** An OpenAI-compatible server in the sandbox's place, for answers that the sandbox does not make up. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What it answers: a status, and the tokens of an answer. */
export interface ChatAnswer {
  status?: number;
  usage?: Record<string, unknown>;
}

/** Starts it for this test. `answer`: to the last message, asked for the n-th time (from 1). @returns its base URL */
export async function chatServer(answer: (message: string, count: number) => ChatAnswer): Promise<string> {
  const counts = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const message: string = body.messages.at(-1).content;
    const count = (counts.get(message) ?? 0) + 1;
    counts.set(message, count);
    const { status = 200, usage } = answer(message, count);
    const choice = { index: 0, message: { role: "assistant", content: "Yes." }, finish_reason: "stop" };
    response.writeHead(status, { "content-type": "application/json" });
    response.end(
      JSON.stringify(
        status === 200
          ? { model: body.model, choices: [choice], usage }
          : { error: { message: "Overloaded." } },
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}
