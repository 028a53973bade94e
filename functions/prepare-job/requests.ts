/** From an item to its request's text, and what decides its cost. */
import { hasLoneSurrogate, loneSurrogateIn } from "../../shared/json/surrogates.ts";
import type { JobSpec } from "../../shared/models.ts";
import { InvalidItemError, type ProviderFormat, type RequestSource } from "../../shared/providers/format.ts";
import type { JsonText } from "../../shared/providers/provider.ts";
import { type RequestCost, requestCost } from "../../shared/providers/quote-request.ts";
import { Pieces } from "../../shared/streams/pieces.ts";

/** A request, to be written once it is known for which batch. */
export interface MadeRequest {
  text(wireId: string): Pieces;
  weight: number;
  cost: RequestCost;
  body(): Record<string, unknown>;
}

/** In place of a prompt, and of an id: they stand nowhere else in a request. */
const PROMPT = "nightshift:prompt:52e1c0f6";
const ID = "nightshift-id-8d40a7b3";

/** Makes the requests of a job. */
export class Requests {
  readonly #format: ProviderFormat;
  readonly #spec: JobSpec;
  #frame: Frame | null | undefined;

  constructor(format: ProviderFormat, spec: JobSpec) {
    this.#format = format;
    this.#spec = spec;
  }

  /** @throws InvalidItemError when the provider would refuse the item */
  of(source: RequestSource): MadeRequest {
    const prompt = source.kind === "item" ? source.prompt : undefined;
    if (prompt !== undefined && !isCut(prompt)) {
      if (this.#frame === undefined) this.#frame = frameOf(this.#format, this.#spec, source);
      if (this.#frame) return framed(this.#frame, prompt, () => this.#format.body(source, this.#spec));
    }
    const format = this.#format;
    const spec = this.#spec;
    const body = format.body(source, spec);
    return {
      text: (wireId) => new Pieces(wellFormed(format.request(body, spec, wireId), body)),
      weight: format.weight(body, spec),
      cost: requestCost(format, body, spec),
      body: () => body,
    };
  }
}

/** What all requests of a job have in common whose items give a prompt alone: the text before, between and behind. */
interface Frame extends Omit<MadeRequest, "text" | "body"> {
  head: string;
  middle: string;
  tail: string;
}

/** Null where a provider's requests are not of that kind. */
function frameOf(format: ProviderFormat, spec: JobSpec, source: RequestSource): Frame | null {
  if (source.kind !== "item") return null;
  const body = format.body({ ...source, item: { ...source.item, user_message: PROMPT } }, spec);
  const parts = format.request(body, spec, ID).split(new RegExp(`${ID}|"${PROMPT}"`));
  const [head, middle, tail] = parts;
  if (parts.length !== 3 || head === undefined || middle === undefined || tail === undefined) return null;
  return { head, middle, tail, weight: format.weight(body, spec), cost: requestCost(format, body, spec) };
}

function framed(
  { head, middle, tail, weight, cost }: Frame,
  prompt: JsonText | Pieces,
  body: MadeRequest["body"],
): MadeRequest {
  const text = (wireId: string) => new Pieces(head + wireId + middle).addAll(prompt).add(tail);
  return { text, weight, cost, body };
}

/** Whether a JSON text may have half a character; bytes that are UTF-8 have none. */
function isCut(text: JsonText | Pieces): boolean {
  if (typeof text === "string") return hasLoneSurrogate(text);
  return text.all.some((piece) => typeof piece === "string" && hasLoneSurrogate(piece));
}

/** @throws InvalidItemError when it has half a character */
function wellFormed(text: string, body: Record<string, unknown>): string {
  if (!hasLoneSurrogate(text)) return text;
  const field = loneSurrogateIn(body) ?? "the request";
  throw new InvalidItemError(
    field,
    "has half a surrogate pair (a character cut in two), which no provider takes",
  );
}
