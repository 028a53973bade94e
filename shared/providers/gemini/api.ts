/** Calls of Gemini's API, by REST. */
import { jsonOr } from "../../json/values.ts";
import { type Access, keyOf } from "../access.ts";
import { type Call, calling } from "../wire/call-errors.ts";
import { type HttpAnswer, readAll } from "../wire/http.ts";
import { type RestRequest, rest } from "../wire/rest.ts";
import { geminiShaped } from "./errors.ts";

/** The API at one address, with one key. */
export class GeminiApi {
  readonly root: string;
  readonly #access: Access;

  constructor(access: Access) {
    this.root = access.base_url.replace(/\/+$/, "");
    this.#access = access;
  }

  /** Sends a call once. Errors are those of `rest`. */
  rest(path: string, { headers, ...request }: RestRequest = {}): Promise<HttpAnswer> {
    const method = request.method ?? (request.body === undefined ? "GET" : "POST");
    return rest(this.root + path, { ...request, method, headers: { ...this.headers(), ...headers } });
  }

  /** Sends a call, whose errors say what they are. */
  send(call: Call, path: string, request?: RestRequest): Promise<HttpAnswer> {
    return calling(call, () => shaping(call, this.rest(path, request)));
  }

  /** The JSON that a call answers with; null when it is none. */
  json(call: Call, path: string, request?: RestRequest): Promise<unknown> {
    return calling(call, async () => jsonOr(await readAll(await this.send(call, path, request)), null));
  }

  /** The headers of every call. */
  headers(): Record<string, string> {
    return { "content-type": "application/json", "x-goog-api-key": keyOf(this.#access) };
  }
}

/** An answer whose error says what it is. */
export const shaping = <T>(call: Call, answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => Promise.reject(geminiShaped(error, call)));

/** Where a model is asked for something. */
export const pathOfModel = (model: string, action: string) =>
  `/v1beta/models/${encodeURIComponent(model.replace(/^models\//, ""))}:${action}`;

/** Where a thing of a name such as `batches/abc` is: each part of the name by itself. */
export const pathOf = (name: string) => `/v1beta/${name.split("/").map(encodeURIComponent).join("/")}`;
