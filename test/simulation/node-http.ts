/** Node's own HTTP client over a simulated network. */
import { Writable } from "node:stream";
import { type Network, Patience } from "./provider-http.ts";

interface Options {
  method: string;
  headers: Record<string, string | number>;
}

/** Stands for `request` of `node:http`, as far as `http.ts` of the providers uses it. */
export function simulatedRequest(network: Network): (url: URL, options: Options) => SimulatedRequest {
  return (url, options) => new SimulatedRequest(network, url, options);
}

class SimulatedRequest extends Writable {
  readonly #patience = new Patience();
  readonly #network: Network;
  readonly #url: URL;
  readonly #options: Options;
  readonly #chunks: Buffer[] = [];

  constructor(network: Network, url: URL, options: Options) {
    super({ autoDestroy: false });
    this.#network = network;
    this.#url = url;
    this.#options = options;
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    done();
    const names = Object.entries(this.#options.headers);
    const headers = new Map(names.map(([name, value]) => [name.toLowerCase(), String(value)]));
    const sent = { method: this.#options.method, headers, body: Buffer.concat(this.#chunks) };
    this.#network(this.#url, sent, this.#patience).then(
      ({ status, headers, body }) =>
        this.#patience.isOver || this.emit("response", Object.assign(body, { statusCode: status, headers })),
      (error: Error) => this.#patience.isOver || this.destroy(error),
    );
  }

  override _destroy(reason: Error | null, done: (error: Error | null) => void): void {
    this.#patience.giveUp();
    done(reason);
  }

  /** Of virtual time no silence is waited for. */
  setTimeout(): this {
    return this;
  }
}
