import { ArnFormat, Stack } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { Construct } from "constructs";
import { JobSpec, ProviderName } from "../../shared/models.ts";
import { TenantLimits, TenantName, type TenantSettings } from "../../shared/tenants/tenant.ts";
import { checked } from "../checked.ts";
import { providerSecret } from "./provider-secrets.ts";
import { grantSecrets } from "./secret-access.ts";
import type { NamedSecret } from "./unset-secret.ts";
import { allow } from "./wildcards.ts";

/** What a tenant, whose uploads lie in a folder of its name under `inbox/`, has of its own. Everything has a default. */
export interface TenantProps {
  /** Providers at which it has a key of its own. A secret is made for each that is not in `secrets`. Default: those in `secrets`. */
  readonly ownKeys?: readonly ProviderName[] | undefined;
  /** Secrets that are there already, each with an API key alone as its text. */
  readonly secrets?: Partial<Record<ProviderName, ISecret>> | undefined;
  /** Settings of its jobs that do not give them; stronger than the stack's. */
  readonly jobDefaults?: Partial<JobSpec> | undefined;
  /** What each of its jobs may have at most: a job that asks for more is refused. */
  readonly limits?: TenantLimits | undefined;
}

export interface TenantsProps {
  /** First part of the names of secrets and parameters. */
  prefix: string;
  tenants: Readonly<Record<string, TenantProps>>;
  encryptionKey: IKey | undefined;
}

type OwnSecrets = Partial<Record<ProviderName, NamedSecret>>;

/** The stack's tenants: their secrets, and one parameter each, from which the Lambdas read its settings. */
export class Tenants extends Construct {
  readonly secrets: Readonly<Record<string, OwnSecrets>>;
  /** The path of the parameters, each named by its tenant; undefined where there is no tenant. */
  readonly path: string | undefined;
  private readonly parameters: StringParameter[] = [];

  /** @throws Error naming the tenant and the prop when one cannot be used */
  constructor(scope: Construct, id: string, props: TenantsProps) {
    super(scope, id);
    const tenants = Object.entries(props.tenants);
    const path = `/nightshift/${props.prefix}`;
    this.path = tenants.length > 0 ? path : undefined;
    this.secrets = Object.fromEntries(
      tenants.map(([name, tenant]) => [name, this.make(name, tenant, path, props)]),
    );
  }

  private make(name: string, tenant: TenantProps, path: string, props: TenantsProps): OwnSecrets {
    const settings = settingsOf(requireTenantName(name), tenant);
    const own = new Construct(this, name);
    const providers = ProviderName.options.filter(
      (provider) => tenant.ownKeys?.includes(provider) || tenant.secrets?.[provider],
    );
    const secrets = Object.fromEntries(
      providers.map((provider) => [
        provider,
        providerSecret(own, provider, provider, {
          ...props,
          prefix: `${props.prefix}-${name}`,
          existing: tenant.secrets,
        }),
      ]),
    ) as OwnSecrets;
    const arns = Object.entries(secrets).map(([provider, { secret }]) => [provider, secret.secretArn]);
    const value: TenantSettings = { ...settings, secrets: Object.fromEntries(arns) };
    const parameter = new StringParameter(own, "Settings", {
      parameterName: `${path}/${name}`,
      description: `Nightshift: what jobs of the tenant ${name} have of their own`,
      stringValue: Stack.of(this).toJsonString(value),
    });
    this.parameters.push(parameter);
    return secrets;
  }

  grantSettings(lambda: IFunction): void {
    if (!this.path) return;
    const parameters = Stack.of(this).formatArn({
      service: "ssm",
      resource: "parameter",
      resourceName: `${this.path.slice(1)}/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    allow(
      lambda,
      { actions: ["ssm:GetParameter"], resources: [parameters] },
      "The settings of every tenant; a folder without a tenant is known by the parameter that does not exist",
    );
  }

  grantKeys(lambda: IFunction): void {
    const own = Object.values(this.secrets).flatMap((secrets) => Object.values(secrets));
    grantSecrets(lambda, ...own.map(({ secret }) => secret));
    // A Lambda that reads a key's ARN from the settings must be able to read that key.
    if (lambda.role) for (const parameter of this.parameters) parameter.node.addDependency(lambda.role);
  }
}

/** @throws Error when it cannot be the name of a tenant */
export function requireTenantName(name: string): string {
  const { error } = TenantName.safeParse(name);
  if (error) throw new Error(`tenant ${JSON.stringify(name)}: ${error.issues[0]?.message}`);
  return name;
}

/** A tenant's defaults and limits, as the Lambdas read them. */
function settingsOf(name: string, tenant: TenantProps): Pick<TenantSettings, "defaults" | "limits"> {
  const defaults = checked(`tenants.${name}.jobDefaults`, JobSpec.partial(), tenant.jobDefaults ?? {});
  const limits = checked(`tenants.${name}.limits`, TenantLimits, tenant.limits ?? {});
  for (const [setting, most] of Object.entries(limits) as [keyof TenantLimits, number][]) {
    if ((defaults[setting] ?? 0) > most)
      throw new Error(`tenants.${name}.jobDefaults: ${setting}: more than the ${most} of its limits`);
  }
  return { defaults, limits };
}
