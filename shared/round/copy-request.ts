/** Puts a request of one round into the request file of another. */
import { objectAt } from "../json/values.ts";
import type { JobSpec } from "../models.ts";
import type { Quote } from "../money/quote.ts";
import { wireId } from "../objects/keys.ts";
import type { ObjectWriter } from "../objects/object-writer.ts";
import type { ProviderFormat } from "../providers/format.ts";
import { quoteRequest, requestCost } from "../providers/quote-request.ts";
import type { Request } from "./request-lines.ts";

export interface CopyTarget {
  writer: ObjectWriter;
  /** The round's tag, which marks its requests. */
  tag: string;
  /** Grows by each request; its count says whether a separator is due. */
  quote: Quote;
  format: ProviderFormat;
  spec: JobSpec;
  bytesPerToken: number | undefined;
}

/** Writes the request with the target's tag, and quotes it. */
export async function copyRequest({ line, bytes, idKey, rest }: Request, target: CopyTarget): Promise<void> {
  const { writer, tag, quote, format, spec, bytesPerToken } = target;
  const before = quote.requests > 0 ? format.framing.separator : "";
  await writer.write(`${before}{"${idKey}":"${wireId(tag, line)}"`);
  await writer.write(rest);
  const body = objectAt(JSON.parse(bytes.toString("utf8")), format.bodyKey);
  quoteRequest(quote, requestCost(format, body, spec), bytes.length, spec, bytesPerToken);
}
