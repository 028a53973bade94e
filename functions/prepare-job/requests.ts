/** From an item to its request's text, and what decides its cost. */
import { hasLoneSurrogate, loneSurrogateIn } from "../../shared/json/surrogates.ts";
import type { JobSpec } from "../../shared/models.ts";
import { InvalidItemError, type ProviderFormat, type RequestSource } from "../../shared/providers/format.ts";
import type { JsonText } from "../../shared/providers/provider.ts";
import { type RequestCost, requestCost } from "../../shared/providers/quote-request.ts";
import { Utf8Text } from "../../shared/streams/utf8-text.ts";

/** A request, to be written once it is known for which batch. */
export interface MadeRequest {
  /** Its text behind what stands before it; good until the next is asked for. */
  text(wireId: string, before?: string): Utf8Text;
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
  readonly #text = new Utf8Text();
  #frame: Frame | null | undefined;

  constructor(format: ProviderFormat, spec: JobSpec) {
    this.#format = format;
    this.#spec = spec;
  }

  /** @throws InvalidItemError when the provider would refuse the item */
  of(source: RequestSource): MadeRequest {
    const prompt = source.kind === "item" ? source.prompt : undefined;
    const format = this.#format;
    const spec = this.#spec;
    if (prompt !== undefined && !(typeof prompt === "string" && hasLoneSurrogate(prompt))) {
      if (this.#frame === undefined) this.#frame = frameOf(format, spec, source);
      if (this.#frame) return this.#framed(this.#frame, prompt, () => format.body(source, spec));
    }
    const body = format.body(source, spec);
    return {
      text: (wireId, before = "") =>
        this.#text
          .clear()
          .add(before)
          .add(wellFormed(format.request(body, spec, wireId), body)),
      weight: format.weight(body, spec),
      cost: requestCost(format, body, spec),
      body: () => body,
    };
  }

  #framed(
    { head, middle, tail, weight, cost }: Frame,
    prompt: JsonText | Utf8Text,
    body: MadeRequest["body"],
  ): MadeRequest {
    const text = (wireId: string, before = "") =>
      this.#text.clear().add(before).add(head).add(wireId).add(middle).addAll(prompt).add(tail);
    return { text, weight, cost, body };
  }
}

/** What all requests of a job have in common whose items give a prompt alone: the text before, between and behind. */
interface Frame extends Omit<MadeRequest, "text" | "body"> {
  head: Buffer;
  middle: Buffer;
  tail: Buffer;
}

/** Null where a provider's requests are not of that kind. */
function frameOf(format: ProviderFormat, spec: JobSpec, source: RequestSource): Frame | null {
  if (source.kind !== "item") return null;
  const body = format.body({ ...source, item: { ...source.item, user_message: PROMPT } }, spec);
  const parts = format.request(body, spec, ID).split(new RegExp(`${ID}|"${PROMPT}"`));
  const [head, middle, tail] = parts.map((part) => Buffer.from(part));
  if (parts.length !== 3 || !head || !middle || !tail) return null;
  return { head, middle, tail, weight: format.weight(body, spec), cost: requestCost(format, body, spec) };
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
