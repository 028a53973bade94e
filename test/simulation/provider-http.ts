/** A simulated provider as its clients see it: HTTP, with all that goes wrong between a client and a server. */
import { Readable } from "node:stream";
import { lineText } from "./answers.ts";
import { call } from "./calls.ts";
import { never, type World } from "./world.ts";

/** A request that has arrived. */
export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  /** By names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: Buffer;
  /** The API key: what one key has made, no other sees. */
  key: string;
}

/** An answer: JSON, or the lines of a file. `onTaken`: called when it is under way, and surely arrives. */
export type ApiAnswer =
  | { status: number; json: unknown; headers?: Record<string, string>; onTaken?: () => void }
  | { status: 200; file: Buffer };

/** A file of results before its last line is written. */
export function withoutLastLine(file: Buffer): Buffer {
  return file.subarray(0, file.lastIndexOf("\n", file.length - 2) + 1);
}

/** One provider's API. */
export interface SimulatedApi {
  /** What is asked for, in the SDK's words: `batches.create`. */
  operation(request: Pick<ApiRequest, "method" | "path">): string;
  answer(request: ApiRequest): ApiAnswer;
  /** The provider's own form of an error. */
  error(status: number, message: string): unknown;
}

/** How long after its client gave up a call may still take effect, in ms: below `CREATE_SETTLE_SECONDS` with the late listing. */
const LATE = 50_000;

/** What a client sends. */
export type Sent = Pick<ApiRequest, "method" | "headers" | "body">;

/** What comes back: an answer whose body is still to be read. */
export interface Received {
  status: number;
  headers: Record<string, string>;
  body: Readable;
}

/** A client's patience with one request. */
export class Patience {
  isOver = false;
  /** Resolves when it is over, if ever. */
  readonly end: Promise<void>;
  readonly giveUp: () => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.end = promise;
    this.giveUp = () => {
      this.isOver = true;
      resolve();
    };
  }
}

/** The network: brings a request to the host of its address. @throws the connection's error */
export type Network = (url: URL, sent: Sent, patience: Patience) => Promise<Received>;

/** A network with these servers, by host. */
export function networkOf(world: World, apis: ReadonlyMap<string, SimulatedApi>): Network {
  return async (url, sent, patience) => {
    // Where a wrong address leads: a server of something else.
    if (url.hostname === "elsewhere")
      return call(world, "elsewhere", () => text(404, "<h1>Not Found</h1>", {}));
    const api = apis.get(url.hostname);
    if (!api) throw new Error(`the simulation has no server at ${url.hostname}`);
    const operation = api.operation({ method: sent.method, path: url.pathname });
    const request = { ...sent, path: url.pathname, query: url.searchParams, key: keyIn(sent) };
    return call(world, `${url.hostname} ${operation}`, () =>
      // A client that has given up sends nothing more; what it sent before is "provider late".
      patience.isOver ? never() : exchange(world, api, operation, request, patience.end),
    );
  };
}

function keyIn({ headers }: Sent): string {
  return (
    headers.get("x-api-key") ??
    headers.get("x-goog-api-key") ??
    // A signature's account is always the stack's.
    headers.get("authorization")?.replace(/^(Bearer |AWS4-.*)/, "") ??
    ""
  );
}

/** What happens when a request is under way to the provider. */
async function exchange(
  world: World,
  api: SimulatedApi,
  operation: string,
  request: ApiRequest,
  givenUp: Promise<unknown>,
): Promise<Received> {
  const { faults, time } = world;
  if (faults.strikes("provider unreachable")) throw failed("connect ECONNREFUSED", "ECONNREFUSED");
  if (faults.strikes("provider cut")) throw failed("read ECONNRESET", "ECONNRESET");
  if (faults.strikes("provider unavailable"))
    return problem(api, [500, 502, 503, 529][world.between(0, 3)] as number, {});
  if (faults.strikes("provider refuses the key")) return problem(api, 401, {});
  if (faults.strikes("provider rate limit")) {
    const seconds = [undefined, 3, 45, 300][world.between(0, 3)];
    return problem(api, 429, seconds === undefined ? {} : { "retry-after": String(seconds) });
  }
  const mayBeUnseen = ["batches.retrieve", "batches.results", "files.content"].includes(operation);
  if (mayBeUnseen && faults.strikes("provider 404")) return problem(api, 404, {});
  if (faults.strikes("provider late")) {
    await givenUp;
    await time.sleep(world.between(0, LATE));
    api.answer(request);
    return never();
  }
  const answer = api.answer(request);
  if (answer.status < 300 && faults.strikes("provider answer lost")) {
    if (world.between(0, 1) === 0) throw failed("socket hang up", "ECONNRESET");
    // In real time it is a gateway that gives up: a provider's own 500 costs nothing.
    return problem(api, operation === "ask" ? 504 : 500, {});
  }
  if ("onTaken" in answer) answer.onTaken?.();
  return "file" in answer ? download(world, answer.file, request.headers.get("range") ?? "") : json(answer);
}

function json({ status, json, headers }: Extract<ApiAnswer, { json: unknown }>): Received {
  return text(status, lineText(json), { "content-type": "application/json", ...headers });
}

function text(status: number, body: string, headers: Record<string, string>): Received {
  return { status, headers, body: Readable.from([Buffer.from(body)], { objectMode: false }) };
}

function problem(api: SimulatedApi, status: number, headers: Record<string, string>): Received {
  return json({ status, json: api.error(status, `simulated ${status}`), headers });
}

/** As Node's client fails. */
function failed(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A download in pieces, which may break; of the bytes from one on, or of all of them. `range`: empty for all. */
function download(world: World, whole: Buffer, range: string): Received {
  const run = world.runs.getStore();
  const asked = /^bytes=(\d+)-$/.exec(range)?.[1];
  const start = asked === undefined || world.faults.strikes("range ignored", 0.5) ? null : Number(asked);
  if (start !== null && start >= whole.length) return text(416, "", {});
  const file = whole.subarray(start ?? 0);
  const cutAt = world.faults.strikes("download cut", 0.3) ? world.between(0, file.length) : null;
  async function* pieces() {
    for (let from = 0; from < file.length; ) {
      const to = Math.min(
        file.length,
        cutAt ?? file.length,
        from + world.between(1, 1 + Math.ceil(file.length / 2)),
      );
      const read = () => call(world, "download", () => file.subarray(from, to));
      const piece = await (run ? world.runs.run(run, read) : read());
      if (cutAt !== null && to >= cutAt) throw failed("aborted", "ECONNRESET");
      yield piece;
      from = to;
    }
  }
  const body = Readable.from(pieces(), { objectMode: false });
  const headers = { "content-type": "application/jsonl" };
  if (start === null) return { status: 200, headers, body };
  const contentRange = `bytes ${start}-${whole.length - 1}/${whole.length}`;
  return { status: 206, headers: { ...headers, "content-range": contentRange }, body };
}
