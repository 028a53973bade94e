/** A simulated provider as the SDKs see it: `fetch`, with all that goes wrong between a client and a server. */
import { lineText } from "./answers.ts";
import { call } from "./calls.ts";
import { never, type World } from "./world.ts";

/** A request that has arrived. */
export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
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

/** Replaces `globalThis.fetch`. */
export function simulatedFetch(world: World, apis: ReadonlyMap<string, SimulatedApi>): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(String(input));
    // Where a wrong address leads: a server of something else.
    if (url.hostname === "elsewhere")
      return call(world, "elsewhere", () => new Response("<h1>Not Found</h1>", { status: 404 }));
    const api = apis.get(url.hostname);
    if (!api) throw new Error(`the simulation has no server at ${url.hostname}`);
    const method = init.method?.toUpperCase() ?? "GET";
    const operation = api.operation({ method, path: url.pathname });
    const signal = init.signal;
    const aborted = new Promise<never>((_, reject) => {
      const abort = () => reject(new DOMException("This operation was aborted", "AbortError"));
      if (signal?.aborted) abort();
      signal?.addEventListener("abort", abort, { once: true });
    });
    aborted.catch(() => undefined);
    const answer = async () => {
      const body = await readBody(init.body as AsyncIterable<Uint8Array> | string | undefined);
      const headers = new Headers(init.headers);
      const key =
        headers.get("x-api-key") ??
        headers.get("x-goog-api-key") ??
        // A signature's account is always the stack's.
        headers.get("authorization")?.replace(/^(Bearer |AWS4-.*)/, "") ??
        "";
      const request = { method, path: url.pathname, query: url.searchParams, headers, body, key };
      return call(world, `${url.hostname} ${operation}`, () => {
        // A client that has given up sends nothing more; what it sent before is "provider late".
        return signal?.aborted
          ? never()
          : exchange(
              world,
              api,
              operation,
              request,
              aborted.catch(() => undefined),
            );
      });
    };
    return Promise.race([answer(), aborted]);
  };
}

async function readBody(body: AsyncIterable<Uint8Array> | string | null | undefined): Promise<Buffer> {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === "string") return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What happens when a request is under way to the provider. */
async function exchange(
  world: World,
  api: SimulatedApi,
  operation: string,
  request: ApiRequest,
  givenUp: Promise<unknown>,
): Promise<Response> {
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
    if (world.between(0, 1) === 0) throw failed("other side closed", "UND_ERR_SOCKET");
    return problem(api, 500, {});
  }
  if ("onTaken" in answer) answer.onTaken?.();
  return "file" in answer ? download(world, answer.file, request.headers.get("range")) : json(answer);
}

function json({
  status,
  json,
  headers,
}: {
  status: number;
  json: unknown;
  headers?: Record<string, string>;
}): Response {
  return new Response(lineText(json), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

function problem(api: SimulatedApi, status: number, headers: Record<string, string>): Response {
  return json({ status, json: api.error(status, `simulated ${status}`), headers });
}

/** As undici's `fetch` fails: the reason is the cause. */
function failed(message: string, code: string): Error {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(message), { code }) });
}

/** A download in pieces, which may break; of the bytes from one on, or of all of them. */
function download(world: World, whole: Buffer, range: string | null): Response {
  const run = world.runs.getStore();
  const asked = /^bytes=(\d+)-$/.exec(range ?? "")?.[1];
  const start = asked === undefined || world.faults.strikes("range ignored", 0.5) ? null : Number(asked);
  if (start !== null && start >= whole.length) return new Response(null, { status: 416 });
  const file = whole.subarray(start ?? 0);
  const cutAt = world.faults.strikes("download cut", 0.3) ? world.between(0, file.length) : null;
  let from = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (from >= file.length) return controller.close();
      const to = Math.min(
        file.length,
        cutAt ?? file.length,
        from + world.between(1, 1 + Math.ceil(file.length / 2)),
      );
      const read = () => call(world, "download", () => file.subarray(from, to));
      const piece = await (run ? world.runs.run(run, read) : read());
      if (cutAt !== null && to >= cutAt) {
        return controller.error(
          new TypeError("terminated", {
            cause: Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" }),
          }),
        );
      }
      controller.enqueue(new Uint8Array(piece));
      from = to;
    },
  });
  const headers = { "content-type": "application/jsonl" };
  if (start === null) return new Response(body, { status: 200, headers });
  const contentRange = `bytes ${start}-${whole.length - 1}/${whole.length}`;
  return new Response(body, { status: 206, headers: { ...headers, "content-range": contentRange } });
}
