import { RemovalPolicy } from "aws-cdk-lib";
import type { Node } from "constructs";
import * as z from "zod";
import { firstProblem, ProviderName } from "../shared/models.ts";
import { TenantName } from "../shared/tenants/tenant.ts";
import type { TenantProps } from "./access/tenants.ts";
import type { NightshiftProps } from "./nightshift-props.ts";

/**
 * What a deployer may choose by CDK context (`-c name=value`, or `context` in `cdk.json`): `providers`, names separated by
 * commas; the address of each, such as `openaiBaseUrl` and `anthropicBaseUrl`;
 * `openaiWebhooks=true`;
 * `jobDefaults`, `providerLimits`, `modelPrices`, `providerVariables` and `tenants`, all JSON;
 * `notifyEmail`, addresses separated by commas, and `notifyUrl`;
 * `removal=destroy` for a stack whose data is deleted with it.
 * @throws Error naming the key when a value cannot be used: better here than in a Lambda.
 */
export function propsFromContext(node: Node): NightshiftProps {
  const removal = node.tryGetContext("removal") ?? "retain";
  if (removal !== "retain" && removal !== "destroy") {
    throw new Error(`context removal: expected "retain" or "destroy", got ${JSON.stringify(removal)}`);
  }
  return {
    providers: providers(node),
    baseUrls: baseUrls(node),
    providerVariables: z.record(z.string(), z.string()).parse(jsonObject(node, "providerVariables")),
    jobDefaults: jsonObject(node, "jobDefaults"),
    providerLimits: jsonObject(node, "providerLimits"),
    modelPrices: jsonObject(node, "modelPrices"),
    openaiWebhooks: flag(node, "openaiWebhooks"),
    tenants: tenants(node),
    notifyEmail: addresses(node, "notifyEmail"),
    notifyUrl: url(node, "notifyUrl"),
    removalPolicy: removal === "destroy" ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  };
}

function providers(node: Node): ProviderName[] | undefined {
  const given: unknown = node.tryGetContext("providers");
  if (given === undefined) return undefined;
  const names = (Array.isArray(given) ? given.map(String) : String(given).split(",")).map((name) =>
    name.trim(),
  );
  const list = z.array(ProviderName).min(1).safeParse(names);
  if (list.success) return [...new Set(list.data)];
  const known = ProviderName.options.join(", ");
  throw new Error(`context providers: expected some of ${known}, got ${JSON.stringify(given)}`);
}

/** `openaiBaseUrl` for `openai`; `fooBarBaseUrl` for `foo-bar`. */
function baseUrls(node: Node): Partial<Record<ProviderName, string>> {
  const given = ProviderName.options.flatMap((name) => {
    const key = `${name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())}BaseUrl`;
    const address = url(node, key);
    return address === undefined ? [] : [[name, address]];
  });
  return Object.fromEntries(given);
}

function flag(node: Node, key: string): boolean {
  const value = String(node.tryGetContext(key) ?? false);
  if (value !== "true" && value !== "false")
    throw new Error(`context ${key}: expected true or false, got ${JSON.stringify(value)}`);
  return value === "true";
}

/** What a tenant can be given without other constructs; `Tenants` checks defaults and limits. */
const TenantContext = z.strictObject({
  ownKeys: z.array(ProviderName).optional(),
  jobDefaults: z.looseObject({}).optional(),
  limits: z.looseObject({}).optional(),
});

function tenants(node: Node): Record<string, TenantProps> {
  const given = jsonObject(node, "tenants");
  const { error } = z.record(TenantName, TenantContext).safeParse(given);
  if (error) throw new Error(`context tenants: expected {"name": {…}}, but ${firstProblem(error)}`);
  return given as Record<string, TenantProps>;
}

function url(node: Node, key: string): string | undefined {
  const value: unknown = node.tryGetContext(key);
  if (value === undefined) return undefined;
  if (typeof value !== "string" || !/^https?:$/.test(URL.parse(value)?.protocol ?? "")) {
    throw new Error(`context ${key}: expected a URL, got ${JSON.stringify(value)}`);
  }
  return value;
}

function addresses(node: Node, key: string): string[] {
  const given: unknown = node.tryGetContext(key) ?? "";
  const list = String(given)
    .split(",")
    .map((address) => address.trim())
    .filter(Boolean);
  const wrong = list.find((address) => !/^[^@\s]+@[^@\s]+$/.test(address));
  if (wrong) throw new Error(`context ${key}: expected e-mail addresses, got ${JSON.stringify(wrong)}`);
  return list;
}

/** A JSON object: text when given on the command line, an object when given in `cdk.json`. */
function jsonObject(node: Node, key: string): object {
  const given: unknown = node.tryGetContext(key) ?? {};
  let value = given;
  try {
    if (typeof given === "string") value = JSON.parse(given);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`context ${key}: expected a JSON object, got ${JSON.stringify(given)}`);
  }
  return value;
}
