import type { SandboxProvider } from "./providers.ts";
import type { Numbered } from "./records.ts";

/** Why OpenAI fails a whole batch when it validates its file. */
export interface ValidationError {
  code: string;
  line: number | null;
  message: string;
  param: string | null;
}

/** What is known of a batch once its requests were read. */
export interface Plan {
  requests: number;
  /** The first model named. */
  model: string | null;
  prompt_tokens: number;
  /** Not empty: the batch fails. */
  errors: ValidationError[];
}

export interface Settled {
  /** The outcome and share this was computed for. */
  key: string;
  succeeded: number;
  failed: number;
  /** Never ran: expired or cancelled before. */
  unrun: number;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  cache_write_tokens: number;
  reasoning_tokens: number;
  /** Bytes of the two result files; 0 when there is none. */
  output_bytes: number;
  error_bytes: number;
}

/** A batch as it is kept on disk. All times are Unix milliseconds of the sandbox's clock. */
export interface StoredBatch extends Numbered {
  provider: SandboxProvider;
  created: number;
  /** From creation to the end, when nothing comes between. */
  latency: number;
  /** From creation to expiry. */
  lifetime: number;
  cancel_requested: number | null;
  /** Whether an upstream server answers the requests; then the batch is done when that is. */
  upstream: boolean;
  /** When upstream had answered the last request. */
  answered: number | null;
  plan: Plan | null;
  settled: Settled | null;
  /** Whether the result files are there for the client to see. */
  published: boolean;
  /** Whether a webhook or an event has reported its end, or was given up; absent without them. */
  told?: boolean;
  /** The provider's own fields: OpenAI's endpoint, metadata, files. */
  fields: Record<string, unknown>;
}
