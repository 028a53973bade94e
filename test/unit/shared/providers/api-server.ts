import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request that the server got, its body read. */
export interface Got {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** Answers one request; what it returns is sent as JSON, unless it has answered by itself. */
export type Route = (got: Got, response: ServerResponse) => unknown;

/** A provider's API on loopback that answers as the test says, and keeps what it got. */
export class ApiServer implements AsyncDisposable {
  readonly got: Got[] = [];
  readonly #routes: Record<string, Route>;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  /** Routes by `METHOD /path`, without the query. */
  static async start(routes: Record<string, Route>): Promise<ApiServer> {
    const server = new ApiServer(routes);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  private constructor(routes: Record<string, Route>) {
    this.#routes = routes;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What it got, as `METHOD /path`. */
  get calls(): string[] {
    return this.got.map(({ method, url }) => `${method} ${url.split("?")[0]}`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const { method = "", url = "", headers } = request;
    const got: Got = { method, url, headers, body: Buffer.concat(chunks).toString() };
    this.got.push(got);
    const route = this.#routes[`${method} ${url.split("?")[0]}`];
    const answer = route
      ? await route(got, response)
      : refuse(404, "not_found", "no such thing")(got, response);
    if (answer !== undefined) {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(answer));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A route that answers with an error in the shape both providers share. */
export function refuse(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Route {
  return (_, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ type: "error", error: { type: code, code, message } }));
  };
}

/** A route that cuts the connection instead of answering. */
export const hangUp: Route = (_, response) => void response.socket?.destroy();
