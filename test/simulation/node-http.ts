/** Node's own HTTP client over a simulated `fetch`. */
import { Readable, Writable } from "node:stream";

interface Options {
  method: string;
  headers: Record<string, string | number>;
}

/** Stands for `request` of `node:http`, as far as `http.ts` of the providers uses it. */
export function simulatedRequest(send: typeof fetch): (url: URL, options: Options) => SimulatedRequest {
  return (url, options) => new SimulatedRequest(send, url, options);
}

class SimulatedRequest extends Writable {
  readonly #gone = new AbortController();
  readonly #send: (body: Buffer) => Promise<Response>;
  readonly #chunks: Buffer[] = [];

  constructor(send: typeof fetch, url: URL, { method, headers }: Options) {
    super({ autoDestroy: false });
    const { signal } = this.#gone;
    const init = { method, headers: headers as Record<string, string>, signal };
    this.#send = (body) => send(url, { ...init, body: body.toString("utf8") });
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    done();
    this.#answer().then(
      (answer) => this.#gone.signal.aborted || this.emit("response", answer),
      // `fetch` has the connection's error as its cause.
      (error: Error) => this.#gone.signal.aborted || this.destroy((error.cause ?? error) as Error),
    );
  }

  override _destroy(reason: Error | null, done: (error: Error | null) => void): void {
    this.#gone.abort();
    done(reason);
  }

  /** Of virtual time no silence is waited for. */
  setTimeout(): this {
    return this;
  }

  async #answer(): Promise<Readable> {
    const response = await this.#send(Buffer.concat(this.#chunks));
    const body = response.body as Parameters<typeof Readable.fromWeb>[0] | null;
    return Object.assign(body ? Readable.fromWeb(body) : Readable.from([]), {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
    });
  }
}
