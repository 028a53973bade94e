/** What a create may hold: lengths and patterns are those of AWS's service model (botocore, bedrock 2023-04-20). */
import type { CreateModelInvocationJobRequest } from "@aws-sdk/client-bedrock";
import * as z from "zod";
import { awsError } from "./errors.ts";

const S3_URI =
  /^s3:\/\/[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:\/[-!_*'().a-z0-9A-Z]+(?:\/[-!_*'().a-z0-9A-Z]+)*)?\/?$/;
const s3Uri = z.string().min(1).max(1024).regex(S3_URI);
const owner = z.string().regex(/^\d{12}$/);

const Create = z.strictObject({
  jobName: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9+\-.]){0,63}$/),
  roleArn: z
    .string()
    .max(2048)
    .regex(/^arn:aws(-[^:]+)?:iam::([0-9]{12})?:role\/.+$/),
  clientRequestToken: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[a-zA-Z0-9]{1,256}(-*[a-zA-Z0-9]){0,256}$/)
    .optional(),
  modelId: z.string().min(1).max(2048),
  inputDataConfig: z.strictObject({
    s3InputDataConfig: z.strictObject({
      s3InputFormat: z.literal("JSONL").optional(),
      s3Uri,
      s3BucketOwner: owner.optional(),
    }),
  }),
  outputDataConfig: z.strictObject({
    s3OutputDataConfig: z.strictObject({
      s3Uri,
      s3EncryptionKeyId: z.string().min(1).max(2048).optional(),
      s3BucketOwner: owner.optional(),
    }),
  }),
  vpcConfig: z
    .strictObject({
      subnetIds: z.array(z.string()).min(1).max(16),
      securityGroupIds: z.array(z.string()).min(1).max(5),
    })
    .optional(),
  timeoutDurationInHours: z.int().min(24).max(168).default(24),
  tags: z
    .array(z.strictObject({ key: z.string(), value: z.string() }))
    .max(200)
    .optional(),
  modelInvocationType: z.enum(["InvokeModel", "Converse"]).default("InvokeModel"),
} satisfies Partial<Record<keyof CreateModelInvocationJobRequest, z.ZodType>>);

/** A create, with its defaults. */
export type CreateJob = z.infer<typeof Create>;

/** Reads the body of a create. @throws ApiError ValidationException that names the member */
export function readCreate(body: Record<string, unknown>): CreateJob {
  const parsed = Create.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const member = issue?.path.join(".") || "body";
  throw awsError(
    "ValidationException",
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${issue?.message}`,
  );
}
