import { z } from "zod";
import { Endpoint } from "../../../shared/models.ts";
import { ApiError } from "../api-error.ts";

/** When a file goes; the range is the specification's: an hour to 30 days. */
export const ExpiresAfter = z.object({
  anchor: z.literal("created_at"),
  seconds: z.int().min(3600).max(2_592_000),
});

/** The body of `POST /batches`; the limits of metadata are the specification's. */
const CreateParams = z.object({
  input_file_id: z.string().min(1),
  // OpenAI has more of them: completions, moderations, images, videos.
  endpoint: z.enum(Endpoint.options, { error: `the sandbox answers ${Endpoint.options.join(", ")} only` }),
  completion_window: z.literal("24h"),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((metadata) => Object.keys(metadata).length <= 16, { message: "at most 16 pairs" })
    .nullable()
    .default(null),
  output_expires_after: ExpiresAfter.optional(),
});

/** Reads the body of `POST /batches`. @throws ApiError 400 naming the parameter. */
export function readCreate(body: Record<string, unknown>): z.infer<typeof CreateParams> {
  const parsed = CreateParams.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const param = String(issue?.path[0] ?? "body");
  if (body[param] === undefined) {
    throw new ApiError(400, `Missing required parameter: '${param}'.`, {
      param,
      code: "missing_required_parameter",
    });
  }
  throw new ApiError(400, `Invalid value for '${param}': ${issue?.message}.`, {
    param,
    code: "invalid_value",
  });
}
