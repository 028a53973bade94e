/**
 * Reads what the jobs of a tenant have of their own. Each tenant's is one parameter of Systems Manager, as the
 * environment of a Lambda holds 4 KB in all.
 */
import { InvalidJobError } from "../errors.ts";
import { firstProblem } from "../models.ts";
import { ENV } from "../names.ts";
import { Recent } from "../secrets/recent.ts";
import { foreignFolder, TenantName, TenantSettings } from "./tenant.ts";

const NONE: TenantSettings = { defaults: {}, limits: {}, secrets: {} };
const known = new Recent<TenantSettings>();

/**
 * The settings of a tenant, at most five minutes old, or as they are now. None where no tenants are set up: the parameters are then not
 * asked for.
 * @throws InvalidJobError when tenants are set up and this one is not: without its caps, it would spend the stack's money. Error naming the
 * parameter when it is not what `TenantSettings` says; AWS's error when it cannot be read
 */
export async function tenantSettings(
  tenant: string | undefined,
  { now = false } = {},
): Promise<TenantSettings> {
  const path = process.env[ENV.tenants];
  if (!path || tenant === undefined) return NONE;
  return known[now ? "renew" : "get"](`${path}/${tenant}`, (name) => readSettings(name, tenant));
}

/**
 * Refuses an upload to a folder that cannot be a tenant's, where tenants are set up. It would run with the stack's key and without a cap.
 * @throws InvalidJobError naming the folder
 */
export function requireTenantFolder(key: string): void {
  const folder = process.env[ENV.tenants] ? foreignFolder(key) : undefined;
  if (folder === undefined) return;
  const why = TenantName.safeParse(folder).error?.issues[0]?.message;
  throw new InvalidJobError(
    `the folder ${JSON.stringify(`inbox/${folder.slice(0, 64)}/`)} is no tenant's: ${why}; put the file into inbox/ itself, or into a tenant's folder`,
  );
}

async function readSettings(name: string, tenant: string): Promise<TenantSettings> {
  const { readParameter } = await import("./parameter.ts");
  const text = await readParameter(name);
  if (text === null) {
    throw new InvalidJobError(
      `the folder inbox/${tenant}/ is no tenant's: there is no parameter ${name}; put the file into inbox/ itself, or add the tenant to the stack`,
    );
  }
  const settings = TenantSettings.safeParse(jsonIn(text));
  if (settings.success) return settings.data;
  throw new Error(
    `the parameter ${name} does not hold a tenant's settings (${firstProblem(settings.error)}); deploy the stack again`,
  );
}

/** Undefined when it is no JSON: the parser's own words quote the text. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
