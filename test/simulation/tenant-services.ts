/** Where a stack keeps what belongs to tenants: Systems Manager their settings, Secrets Manager their keys. */
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { PROFILES } from "../../shared/providers/list.ts";
import { MARKS } from "./answers.ts";
import { call } from "./calls.ts";
import type { DrawnJob } from "./job.ts";
import { replaced } from "./replaced.ts";
import type { Command } from "./table.ts";
import type { World } from "./world.ts";

/** The key with which a job's batches are made: its tenant's own, or the stack's; none where AWS signs. */
export function keyOf({ tenant, provider }: DrawnJob): string {
  if (PROFILES[provider].variables.key === null) return "";
  const secret = tenant?.settings.secrets[provider];
  return secret === undefined ? MARKS.key : `${MARKS.key}-${secret}`;
}

/** The path under which a world's tenants are: what was read of another's is kept in this process. */
export const tenantsPath = ({ number }: World) => `/simulation/${number}`;

/** Makes AWS's clients of this process ask a simulated stack. @returns what puts them back */
export function installTenants(world: World, jobs: readonly DrawnJob[]): (() => void)[] {
  const parameters = new Map<string, string>();
  const secrets = new Map<string, string>();
  for (const { tenant } of jobs) {
    if (!tenant) continue;
    const { name, settings } = tenant;
    const ids = Object.entries(settings.secrets).map(([provider, id]) => [provider, `${id}/${world.number}`]);
    for (const id of Object.values(settings.secrets))
      secrets.set(`${id}/${world.number}`, `${MARKS.key}-${id}`);
    const value = { ...settings, secrets: Object.fromEntries(ids) };
    parameters.set(`${tenantsPath(world)}/${name}`, JSON.stringify(value));
  }
  const getParameter = ({ input }: Command) => {
    const { Name } = input as { Name: string };
    return call(world, `parameter of ${Name.split("/").at(-1)}`, () => {
      const Value = parameters.get(Name);
      if (Value === undefined) throw new ParameterNotFound({ message: Name, $metadata: {} });
      return { Parameter: { Value } };
    });
  };
  const getSecret = ({ input }: Command) => {
    const { SecretId } = input as { SecretId: string };
    return call(world, `secret ${SecretId.split("/")[0]}`, () => ({ SecretString: secrets.get(SecretId) }));
  };
  return [
    replaced(SSMClient.prototype, { send: getParameter }),
    replaced(SecretsManagerClient.prototype, { send: getSecret }),
  ];
}
