import * as z from "zod";
import { ApiError } from "../api-error.ts";
import type { Dialect } from "./dialect.ts";

/** When a file goes, in seconds after its creation. */
export function expiresAfter({ min, max }: { min: number; max: number }) {
  return z.object({ anchor: z.literal("created_at"), seconds: z.int().min(min).max(max) });
}

/** The body of `POST /batches`; the limits of metadata are the specification's. */
const CreateParams = z.object({
  input_file_id: z.string().min(1),
  endpoint: z.string(),
  completion_window: z.string(),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((metadata) => Object.keys(metadata).length <= 16, { message: "at most 16 pairs" })
    .nullable()
    .default(null),
  output_expires_after: expiresAfter({ min: 3600, max: 2_592_000 }).optional(),
});

/** Reads the body of `POST /batches`. @throws ApiError 400 naming the parameter. */
export function readCreate(
  body: Record<string, unknown>,
  { endpoints, endpointWithoutVersion, windows, keepsMetadata }: Dialect,
): z.infer<typeof CreateParams> {
  const parsed = CreateParams.safeParse(body);
  if (parsed.success) {
    const { endpoint, completion_window, metadata } = parsed.data;
    const known = endpointWithoutVersion ? versioned(endpoint) : endpoint;
    // OpenAI has more of them: completions, moderations, images, videos.
    if (!endpoints.includes(known))
      throw invalid("endpoint", `the sandbox answers ${endpoints.join(", ")} only`);
    if (!windows.includes(completion_window)) {
      throw invalid("completion_window", `expected one of ${windows.join(", ")}`);
    }
    const kept = Object.entries(metadata ?? {}).filter(([name]) => keepsMetadata?.(name));
    return { ...parsed.data, metadata: metadata && keepsMetadata ? Object.fromEntries(kept) : null };
  }
  const issue = parsed.error.issues[0];
  const param = String(issue?.path[0] ?? "body");
  if (body[param] === undefined) {
    throw new ApiError(400, `Missing required parameter: '${param}'.`, {
      param,
      code: "missing_required_parameter",
    });
  }
  throw invalid(param, String(issue?.message));
}

function invalid(param: string, why: string): ApiError {
  return new ApiError(400, `Invalid value for '${param}': ${why}.`, { param, code: "invalid_value" });
}

/** An endpoint with its version: `/chat/completions` is `/v1/chat/completions`. */
export function versioned(endpoint: string): string {
  return endpoint.startsWith("/v1/") ? endpoint : `/v1${endpoint}`;
}
