/** The items of a real-time round, as they are asked. */
import type { JobSpec, RoundQuote } from "../../shared/models.ts";
import { emptyQuote, roundInRealTime, roundQuote } from "../../shared/money/quote.ts";
import { estimatedTokens } from "../../shared/money/token-estimate.ts";
import { bodyTextOf } from "../../shared/providers/ask-now.ts";
import type { ProviderFormat } from "../../shared/providers/format.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import type { JsonText } from "../../shared/providers/provider.ts";
import { quoteRequest, requestCost } from "../../shared/providers/quote-request.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { requestsOf } from "../../shared/round/request-lines.ts";

export interface OpenItem {
  line: number;
  /** The very body that a batch would hold. */
  body: JsonText;
  /** Tokens of its input, estimated, and the most of its output: what providers count at once. */
  tokens: number;
  /** What it costs at most, in real time. */
  most: () => RoundQuote;
}

/** The items that have no answer yet, in order. */
export async function* itemsOf(
  record: BatchRecord,
  spec: JobSpec,
  bytesPerToken: number | undefined,
  isAnswered: (line: number) => boolean,
): AsyncGenerator<OpenItem> {
  const format = formatOf(spec.provider);
  for await (const requests of requestsOf(record)) {
    for (const { line, bytes } of requests) {
      if (isAnswered(line)) continue;
      const body = bodyTextOf(bytes.toString("utf8"));
      const parsed = JSON.parse(body) as Record<string, unknown>;
      const tokens = estimatedTokens(bytes.length, 1, bytesPerToken) + (format.mostOutput(parsed, spec) ?? 0);
      const most = () => mostOfItem(format, parsed, bytes.length, spec, bytesPerToken);
      yield { line, body, tokens, most };
    }
  }
}

function mostOfItem(
  format: ProviderFormat,
  body: Record<string, unknown>,
  bytes: number,
  spec: JobSpec,
  bytesPerToken: number | undefined,
): RoundQuote {
  const quote = emptyQuote();
  quoteRequest(quote, requestCost(format, body, spec), bytes, spec, bytesPerToken);
  return roundInRealTime(roundQuote(quote));
}
