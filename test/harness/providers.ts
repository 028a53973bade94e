/** Leads a provider of this process to the sandbox, by the variables of its profile. */
import { onTestFinished } from "vitest";
import type { Sandbox } from "../../local/sandbox/sandbox.ts";
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";

/** The identity of the user's own AWS account, as far as the sandbox can tell. */
export const AWS_USER = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };

/** The variables that lead there. */
export function variablesTo(provider: ProviderName, sandbox: Sandbox): Record<string, string> {
  const { url, key, needed } = PROFILES[provider].variables;
  return {
    [url]: sandbox.baseUrls[provider],
    ...(key && { [key]: "any-key" }),
    ...needed,
    ...AWS_USER,
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_S3: sandbox.s3Url,
  };
}

/** For the present test alone. */
export function leadToSandbox(provider: ProviderName, sandbox: Sandbox): void {
  const values = variablesTo(provider, sandbox);
  const before = { ...process.env };
  Object.assign(process.env, values);
  onTestFinished(() => {
    for (const name of Object.keys(values)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
}
