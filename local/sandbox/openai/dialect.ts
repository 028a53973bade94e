import { OPENAI_ENDPOINTS } from "../../../shared/providers/profile.ts";
import type { batchBody } from "./batch-body.ts";

/** OpenAI's batch object, from which dialects make their own. */
export type BatchBody = ReturnType<typeof batchBody>;

/** How a service that speaks OpenAI's protocol differs from OpenAI. */
export interface Dialect {
  /** The price list's id of the service, for its models' names; null: any name is a model. */
  priceList: string | null;
  endpoints: readonly string[];
  /** Whether lines and creates may name an endpoint without `/v1`. */
  endpointWithoutVersion?: true;
  /** Lines are `{custom_id, body}`: they may do without `method` and `url`. */
  bareLines?: true;
  /** Values of `completion_window`. */
  windows: readonly string[];
  /** What `purpose` an upload for batches has. */
  purpose: string;
  /** Seconds that an upload's `expires_after` may have; null: the service refuses the field. */
  fileExpiry: { min: number; max: number } | null;
  /** Most bytes of an upload, and requests of a batch, where they differ from OpenAI's. */
  fileBytes?: number;
  requests?: number;
  /** Whether a list of batches comes in pages. */
  pages: boolean;
  /** Names of metadata that the service keeps; null: it has none. */
  keepsMetadata: ((name: string) => boolean) | null;
  /** Whether requests may have parameters that OpenAI does not have. */
  anyParam: boolean;
  /** A header that may carry the key in place of `authorization`. */
  keyHeader?: string;
  /** The service never expires a batch. */
  neverExpires?: true;
  /** The service names an error file also when there are no errors. */
  emptyErrorFile?: true;
  /** The output file is named as soon as a batch runs; it grows until the end. */
  earlyOutput?: true;
  /** Uploads go to an address of their own: POST, 302, PUT. */
  redirectedUpload?: true;
  /** The service's form of a batch. */
  batch: (body: BatchBody) => unknown;
  /** The answer to a create; default: the batch. */
  created?: (batch: unknown) => unknown;
  /** The answer to a list; default: OpenAI's. */
  listed?: (batches: unknown[]) => unknown;
}

const HOUR = 3600;

/** OpenAI itself. The range of an expiry is the specification's: an hour to 30 days. */
export const OPENAI: Dialect = {
  priceList: "openai",
  endpoints: OPENAI_ENDPOINTS,
  windows: ["24h"],
  purpose: "batch",
  fileExpiry: { min: HOUR, max: 720 * HOUR },
  pages: true,
  keepsMetadata: () => true,
  anyParam: false,
  batch: (body) => body,
};
