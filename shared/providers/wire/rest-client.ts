import type { HttpAnswer } from "./http.ts";
import { type JsonPost, jsonOf, type RestRequest, rest, type Sign } from "./rest.ts";

/** How often a call is tried again, if it does not say. */
const RETRIES = 2;

/** One API at one address, whose calls have headers in common. */
export class RestClient {
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #sign: Sign | undefined;

  /** @param headers of each call, the credentials among them, unless `sign` makes them anew for each try */
  constructor(base: string, headers: Record<string, string>, sign?: Sign) {
    this.#base = base.replace(/\/+$/, "");
    this.#headers = { accept: "application/json", "user-agent": "nightshift", ...headers };
    this.#sign = sign;
  }

  /** Sends a call. Errors are those of `rest`. */
  async send(path: string, { headers, ...request }: RestRequest = {}): Promise<HttpAnswer> {
    const type = typeof request.body === "string" && { "content-type": "application/json" };
    const all = { ...this.#headers, ...type, ...headers };
    return rest(this.#base + path, { retries: RETRIES, ...request, headers: all }, this.#sign);
  }

  /** What a call answers with: JSON, or text of another type. */
  async json(path: string, request?: RestRequest): Promise<unknown> {
    return jsonOf(await this.send(path, request));
  }

  /** Where JSON is posted that is sent once, unsigned. */
  target(path: string): JsonPost {
    return {
      url: new URL(this.#base + path),
      headers: { ...this.#headers, "content-type": "application/json" },
    };
  }
}

/** Headers that an environment variable of an SDK holds, one a line: `Name: value`. */
export function headersIn(variable: string): Record<string, string> {
  const lines = (process.env[variable] ?? "").split("\n").map((line) => /^([^:\s]+):(.*)$/.exec(line.trim()));
  return Object.fromEntries(
    lines.flatMap((found) => (found ? [[found[1]?.toLowerCase(), found[2]?.trim()]] : [])),
  );
}
