/** A webhook's receiver on loopback, as a user writes one, but for what a test wants it to answer. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A POST that came, as it came. */
export interface Received {
  body: string;
  headers: IncomingHttpHeaders;
}

/** A receiver that is listening. */
export interface Receiver {
  url: string;
  received: Received[];
  /** What it answers, the first answer first; 204 when there are no more. Null: none, ever. */
  answers: (number | null)[];
  close(): Promise<void>;
}

/** Starts one. A redirect leads to itself. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const answers: Receiver["answers"] = [];
  const server = createServer(async (request, response) => {
    received.push({ body: await text(request), headers: request.headers });
    const status = answers.length > 0 ? answers.shift() : 204;
    if (status) response.writeHead(status, status < 300 || status > 399 ? {} : { location: "/hook" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, received, answers, close };
}
