/**
 * Tenants: the first folder under `inbox/` that an upload lies in. All that belongs to a tenant's jobs bears its
 * name first, so that an IAM policy can name it: `inbox/acme/…`, and all that begins with the job's id, `acme_…`.
 */
import * as z from "zod";
import { JobSpec, ProviderName } from "../models.ts";
import { INBOX_PREFIX, RECIPES_PREFIX } from "../names.ts";

/** What a tenant can be called: no `_`, which ends the name in a job's id, and no wildcard of IAM. */
export const TenantName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,30}$/,
    "a tenant's name has up to 31 lower-case letters, digits and -, and does not begin with -",
  );

/** What stands in a tenant's place in the keys of what the command uploads for none: no tenant's name. */
const NOBODY = "_";

/** Where a tenant uploads; without one, where the command does. */
export const inboxOf = (tenant: string | undefined) => `${INBOX_PREFIX}${tenant ?? NOBODY}/`;

/** Where recipes are, which uploads name. A tenant has its own: recipes hold prompts. */
export const recipesOf = (tenant: string | undefined) =>
  `${RECIPES_PREFIX}${tenant === undefined ? "" : `${tenant}/`}`;

/** How the ids of a tenant's jobs begin. No other job's does: file names have no `_` there. */
export const jobIdPrefix = (tenant: string) => `${tenant}_`;

/**
 * The first folder of an upload when it can be no tenant's: `Acme` of `inbox/Acme/data.jsonl`. Undefined for an upload in no folder,
 * in a tenant's, and in the command's own.
 */
export function foreignFolder(key: string): string | undefined {
  if (!key.startsWith(INBOX_PREFIX) || tenantOfKey(key) !== undefined) return undefined;
  const [folder, ...file] = key.slice(INBOX_PREFIX.length).split("/");
  return file.length > 0 && folder !== NOBODY ? folder : undefined;
}

/** The tenant of an object; undefined for one in no folder, or in one whose name is no tenant's. */
export function tenantOfKey(key: string): string | undefined {
  if (!key.startsWith(INBOX_PREFIX)) return undefined;
  return nameBefore("/", key.slice(INBOX_PREFIX.length));
}

/** The tenant of a job, by its id; undefined for a job of none. */
export function tenantOfJob(job_id: string): string | undefined {
  return nameBefore("_", job_id);
}

function nameBefore(end: string, text: string): string | undefined {
  const at = text.indexOf(end);
  const name = text.slice(0, Math.max(0, at));
  return TenantName.safeParse(name).success ? name : undefined;
}

/** Caps: what a job of the tenant may have at most, whatever it asks for. */
export const TenantLimits = z.strictObject({
  max_cost_usd: JobSpec.shape.max_cost_usd,
  max_concurrent_batches: JobSpec.shape.max_concurrent_batches.unwrap().optional(),
  max_rounds: JobSpec.shape.max_rounds.unwrap().optional(),
  deadline_hours: JobSpec.shape.deadline_hours,
});
export type TenantLimits = z.infer<typeof TenantLimits>;

/** What the jobs of a tenant have of their own, as its parameter holds it. */
export const TenantSettings = z.strictObject({
  /** Settings of jobs that do not give them; stronger than the stack's. */
  defaults: z.record(z.string(), z.unknown()),
  limits: TenantLimits,
  /** Secrets Manager's name or ARN of each key of its own. At the other providers it uses the stack's. */
  secrets: z.partialRecord(ProviderName, z.string()),
});
export type TenantSettings = z.infer<typeof TenantSettings>;
