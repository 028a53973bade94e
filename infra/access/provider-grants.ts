import { Stack } from "aws-cdk-lib";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { allow } from "./wildcards.ts";

type Variables = Readonly<Record<string, string>>;

/**
 * The variables without which the stack's providers can send nothing.
 * @throws Error naming the variable when one has no value, or no provider of the stack reads it
 */
export function neededVariables(providers: readonly ProviderName[], given: Variables = {}): Variables {
  const names = new Set(providers.flatMap((name) => Object.keys(PROFILES[name].variables.needed)));
  const unknown = Object.keys(given).find((name) => !names.has(name));
  if (unknown) throw new Error(`providerVariables: ${unknown}: no provider of the stack reads it`);
  for (const name of names) {
    if (!given[name])
      throw new Error(`providerVariables: ${name}: missing; a provider of the stack needs it`);
  }
  return given;
}

/** What a Lambda does at providers; see `AwsGrant`. */
export type ProviderTask = "create" | "batch" | "ask";

export interface ProviderGrant {
  providers: readonly ProviderName[];
  variables?: Variables | undefined;
  to: readonly ProviderTask[];
}

/** Lets a Lambda call the providers that know it by its role. */
export function grantProviders(lambda: IFunction, { providers, variables = {}, to }: ProviderGrant): void {
  const { partition, region, account } = Stack.of(lambda);
  for (const { service, grants } of providers.flatMap((name) => PROFILES[name].aws ?? [])) {
    const arnOf = (resource: string) => {
      const filled = resource
        .replace("{region}", region)
        .replace("{account}", account)
        .replace(/\{(\w+)\}/g, (_, name: string) => variables[name] ?? "");
      // A variable may hold an ARN, and be a token.
      return filled === "*" || resource.startsWith("{") ? filled : `arn:${partition}:${filled}`;
    };
    for (const { actions, resource, condition, ...grant } of grants) {
      if (!to.includes(grant.to)) continue;
      const arn = arnOf(resource);
      const named = Object.entries(condition ?? {}).map(([key, patterns]) => [key, patterns.map(arnOf)]);
      const conditions = actions.includes("iam:PassRole")
        ? { StringEquals: { "iam:PassedToService": `${service}.amazonaws.com` } }
        : condition && { ArnLike: Object.fromEntries(named) };
      const statement = { actions: [...actions], resources: [arn], ...(conditions && { conditions }) };
      allow(lambda, statement, "Jobs of the provider, whose ids it makes, and the model that a job names");
    }
  }
}
