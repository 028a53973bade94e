/** Node's own HTTP client over a simulated `fetch`: real-time requests use it. */
import { EventEmitter } from "node:events";
import { Readable } from "node:stream";

interface Options {
  method: string;
  headers: Record<string, string | number>;
}

/** Stands for `request` of `node:http`, as far as `post-json.ts` uses it. */
export function simulatedRequest(send: typeof fetch): (url: URL, options: Options) => SimulatedRequest {
  return (url, options) => new SimulatedRequest(send, url, options);
}

class SimulatedRequest extends EventEmitter {
  readonly #gone = new AbortController();
  readonly #send: (body: Buffer) => Promise<Response>;

  constructor(send: typeof fetch, url: URL, { method, headers }: Options) {
    super();
    const { signal } = this.#gone;
    const init = { method, headers: headers as Record<string, string>, signal };
    this.#send = (body) => send(url, { ...init, body: body.toString("utf8") });
  }

  end(body: Buffer): void {
    this.#answer(body).then(
      (answer) => this.#gone.signal.aborted || this.emit("response", answer),
      // `fetch` has the connection's error as its cause.
      (error: Error) => this.#gone.signal.aborted || this.emit("error", error.cause ?? error),
    );
  }

  destroy(reason: Error): void {
    this.#gone.abort();
    this.emit("error", reason);
  }

  async #answer(body: Buffer): Promise<Readable> {
    const response = await this.#send(body);
    const bytes = Buffer.from(await response.arrayBuffer());
    return Object.assign(Readable.from([bytes]), {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
    });
  }
}
