import { hasLoneSurrogate } from "../../../shared/json/surrogates.ts";
import { isObject } from "../../../shared/json/values.ts";
import type { Plan, StoredBatch, ValidationError } from "../batch.ts";
import { promptTokens, tokensOf } from "../composer.ts";
import type { SandboxLimits } from "../limits.ts";
import { isBlank, readLines } from "../lines.ts";
import type { ModelNames } from "../model-names.ts";
import { versioned } from "./create-params.ts";
import { embeddingInputs, promptOf } from "./prompt.ts";

/** A file of nothing but faults is not described line by line. */
const MAX_ERRORS = 100;

export interface ValidationSettings {
  limits: SandboxLimits;
  models: ModelNames;
  maxRequests: number;
  /** Whether a line may name its endpoint without `/v1`. */
  endpointWithoutVersion: boolean;
  /** Whether lines may do without `method` and `url`. */
  bareLines: boolean;
  /** Prompt tokens of the model's other batches that have not ended. */
  enqueuedTokens(model: string): number;
}

/** Reads a batch's input file as OpenAI does after `POST /batches`: what is wrong fails the whole batch. */
export async function validate(
  batch: StoredBatch,
  path: string,
  settings: ValidationSettings,
): Promise<Plan> {
  const endpoint = versioned(String(batch.fields["endpoint"]));
  const check = new FileCheck(endpoint, settings);
  for await (const line of readLines(path)) check.line(line);
  return check.plan();
}

type Problem = Omit<ValidationError, "line">;

class FileCheck {
  private readonly endpoint: string;
  private readonly settings: ValidationSettings;
  private readonly errors: ValidationError[] = [];
  // The limit on requests is the limit of this set.
  private readonly ids = new Set<string>();
  private at = 0;
  private requests = 0;
  private tokens = 0;
  private embeddings = 0;
  private model: string | null = null;

  constructor(endpoint: string, settings: ValidationSettings) {
    this.endpoint = endpoint;
    this.settings = settings;
  }

  line(line: Buffer): void {
    this.at += 1;
    if (isBlank(line)) return;
    this.requests += 1;
    if (this.requests > this.settings.maxRequests || this.errors.length >= MAX_ERRORS) return;
    const found = this.parsed(line);
    if (found) this.errors.push({ ...found, line: this.at });
  }

  private parsed(line: Buffer): Problem | null {
    const text = line.toString("utf8");
    let request: unknown;
    try {
      request = hasLoneSurrogate(text) ? undefined : JSON.parse(text);
      if (isObject(request)) return this.request(request);
    } catch {
      // A line of thousands of levels is read, but its prompt cannot be counted.
      request = undefined;
    }
    const what = request === undefined ? "parseable as valid JSON" : "a JSON object";
    return problem("invalid_json_line", `This line is not ${what}.`, null);
  }

  private request(given: Record<string, unknown>): Problem | null {
    const request = this.settings.bareLines ? { method: "POST", url: this.endpoint, ...given } : given;
    for (const param of ["custom_id", "method", "url", "body"]) {
      if (request[param] === undefined || request[param] === null || request[param] === "") {
        return problem("missing_required_parameter", `Missing required parameter: '${param}'.`, param);
      }
    }
    const { custom_id, method, url, body } = request;
    if (typeof custom_id !== "string") {
      return problem("invalid_request", "Invalid type for 'custom_id': expected a string.", "custom_id");
    }
    if (this.ids.has(custom_id)) {
      const message =
        "The custom_id for this request is a duplicate of another request. Each must be unique.";
      return problem("duplicate_custom_id", message, "custom_id");
    }
    this.ids.add(custom_id);
    if (method !== "POST")
      return problem("invalid_method", "The method of a batch request must be POST.", "method");
    const known = this.settings.endpointWithoutVersion ? versioned(String(url)) : url;
    if (known !== this.endpoint) {
      return problem(
        "invalid_url",
        "The URL provided for this request does not match the batch endpoint.",
        "url",
      );
    }
    if (!isObject(body))
      return problem("invalid_request", "Invalid type for 'body': expected an object.", "body");
    return this.body(body);
  }

  private body(body: Record<string, unknown>): Problem | null {
    const { model } = body;
    if (typeof model !== "string" || model === "") {
      return problem("missing_required_parameter", "Missing required parameter: 'model'.", "body.model");
    }
    const { models } = this.settings;
    if (!models.has(model)) {
      const message = `The provided model '${model}' is not supported by the Batch API.${models.didYouMean(model)}`;
      return problem("model_not_found", message, "body.model");
    }
    this.model ??= model;
    if (model !== this.model) {
      const message = `The provided model '${model}' does not match '${this.model}': a batch takes one model.`;
      return problem("mismatched_model", message, "body.model");
    }
    if (body["stream"] === true) {
      return problem("streaming_unsupported", "Streaming is not supported in the Batch API.", "body.stream");
    }
    this.count(body);
    return null;
  }

  private count(body: Record<string, unknown>): void {
    if (this.endpoint !== "/v1/embeddings") {
      this.tokens += promptTokens(promptOf(this.endpoint, body).texts);
      return;
    }
    const inputs = embeddingInputs(body);
    this.embeddings += inputs.length;
    for (const text of inputs) this.tokens += tokensOf(text);
  }

  plan(): Plan {
    const { limits, maxRequests } = this.settings;
    if (this.requests === 0) this.whole("empty_file", "The input file contains no requests.");
    if (this.requests > maxRequests) {
      this.whole(
        "max_requests_exceeded",
        `The input file has more than the ${maxRequests} requests a batch may have.`,
      );
    }
    if (this.embeddings > limits.openai_embedding_inputs) {
      this.whole(
        "max_inputs_exceeded",
        `The input file has more than ${limits.openai_embedding_inputs} embedding inputs.`,
      );
    }
    const limit = limits.openai_enqueued_tokens;
    if (this.errors.length === 0 && this.model !== null && limit !== null) {
      if (this.settings.enqueuedTokens(this.model) + this.tokens > limit) {
        const message = `Enqueued token limit reached for ${this.model} in organization org-sandbox. Limit: ${limit.toLocaleString("en-US")} enqueued tokens. Please try again once some in_progress batches have been completed.`;
        this.whole("token_limit_exceeded", message);
      }
    }
    return { requests: this.requests, model: this.model, prompt_tokens: this.tokens, errors: this.errors };
  }

  private whole(code: string, message: string): void {
    this.errors.push({ code, line: null, message, param: null });
  }
}

function problem(code: string, message: string, param: string | null): Problem {
  return { code, message, param };
}
