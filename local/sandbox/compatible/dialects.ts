/** The quirks of services that speak OpenAI's protocol, by their names. Sources: docs/providers.md. */
import { type BatchBody, type Dialect, OPENAI } from "../openai/dialect.ts";
import { azureBatch, novitaBatch, togetherBatch } from "./batch-bodies.ts";

const CHAT = "/v1/chat/completions";
const MB = 1_000_000;
const DAY = 24 * 3600;

/** Services with OpenAI's own form differ in what they take. */
const compatible = {
  ...OPENAI,
  priceList: null,
  endpoints: [CHAT],
  anyParam: true,
} satisfies Dialect;

/** Fields that Doubleword's server sets itself. */
const RESERVED = new Set(["request_source", "created_by"]);

export const DIALECTS = {
  /** Microsoft Foundry: a model is the name of a deployment. */
  azure: {
    ...compatible,
    endpoints: [CHAT, "/v1/responses"],
    endpointWithoutVersion: true,
    fileExpiry: { min: 14 * DAY, max: 30 * DAY },
    requests: 100_000,
    keyHeader: "api-key",
    neverExpires: true,
    emptyErrorFile: true,
    batch: azureBatch,
  },
  groq: {
    ...compatible,
    priceList: "groq",
    windows: ["24h", "48h", "72h", "96h", "120h", "144h", "1d", "2d", "3d", "4d", "5d", "6d", "7d"],
    fileExpiry: null,
    fileBytes: 100 * MB,
    pages: false,
    listed: (data) => ({ object: "list", data }),
  },
  doubleword: {
    ...compatible,
    endpoints: [CHAT, "/v1/responses", "/v1/embeddings"],
    windows: ["24h", "1h", "background"],
    fileBytes: 100 * MB,
    keepsMetadata: (name) => !RESERVED.has(name),
    earlyOutput: true,
  },
  deepinfra: { ...compatible, endpoints: [CHAT, "/v1/completions", "/v1/embeddings"] },
  novita: {
    ...compatible,
    endpoints: [CHAT, "/v1/completions"],
    windows: ["24h", "48h"],
    fileExpiry: null,
    batch: novitaBatch,
  },
  together: {
    ...compatible,
    purpose: "batch-api",
    fileExpiry: null,
    fileBytes: 100 * MB,
    pages: false,
    keepsMetadata: null,
    bareLines: true,
    redirectedUpload: true,
    batch: togetherBatch,
    created: (job) => ({ job }),
    listed: (jobs) => jobs,
  },
  /** A server of the user's own that follows OpenAI in everything but the models. */
  compatible: { ...compatible, endpoints: OPENAI.endpoints, batch: (body: BatchBody) => body },
} satisfies Record<string, Dialect>;
