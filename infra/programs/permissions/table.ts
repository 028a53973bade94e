import { LAMBDAS, type LambdaSpec } from "../../lambdas/lambda-table.ts";

const HEAD = `| Lambda | reads objects | writes objects | records | and |
|---|---|---|---|---|`;

/** What every Lambda may do, as a Markdown table: `LAMBDAS` for people. */
export function permissionsTable(): string {
  const rows = Object.entries(LAMBDAS).map(([name, spec]) => {
    const cells = [codes(spec.objects.read), codes(spec.objects.write), spec.table.join(", "), more(spec)];
    return `| \`${name}\` | ${cells.join(" | ")} |`;
  });
  return [HEAD, ...rows].join("\n");
}

function more({ callsProvider, executions = [], listsJobs, objects, readsTenants }: LambdaSpec): string {
  return [
    callsProvider && "read the API keys",
    readsTenants && "read the tenants' settings",
    objects.missing && "list the bucket",
    objects.readVersions && `read versions of ${codes(objects.readVersions)}`,
    listsJobs && "list all jobs",
    ...executions.map((action) => `${action} of this state machine`),
  ]
    .filter(Boolean)
    .join("; ");
}

function codes(patterns: readonly string[] = []): string {
  return patterns.map((pattern) => `\`${pattern}\``).join(", ");
}
