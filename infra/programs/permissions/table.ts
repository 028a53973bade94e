import { LAMBDAS, type LambdaSpec } from "../../lambdas/lambda-table.ts";

/** What every Lambda may do, as two Markdown tables: `LAMBDAS` for people. */
export function permissionsTable(): string {
  return [
    ...table(["Lambda", "reads objects", "writes objects"], ({ objects }) => [
      codes(objects.read),
      codes(objects.write),
    ]),
    "",
    ...table(["Lambda", "calls for records", "also reads", "of its state machine"], (spec) => [
      spec.table.join(", "),
      alsoReads(spec),
      (spec.executions ?? []).join(", "),
    ]),
  ].join("\n");
}

function table(head: string[], cells: (spec: LambdaSpec) => string[]): string[] {
  const rows = Object.entries(LAMBDAS).map(([name, spec]) => [`\`${name}\``, ...cells(spec)]);
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
}

function alsoReads({ callsProvider, listsJobs, objects, readsTenants }: LambdaSpec): string {
  return [
    callsProvider && "the API keys",
    readsTenants && "the tenants' settings",
    objects.missing && "the list of objects",
    objects.readVersions && `versions of ${codes(objects.readVersions)}`,
    listsJobs && "the list of jobs",
  ]
    .filter(Boolean)
    .join("; ");
}

function codes(patterns: readonly string[] = []): string {
  return patterns.map((pattern) => `\`${pattern}\``).join(", ");
}
