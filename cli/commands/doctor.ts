/** `nightshift doctor`: checks what a job needs, and says how to fix what is wrong. */
import { Option } from "commander";
import { ProviderName } from "../../shared/models.ts";
import type { DeclareCommand } from "../command.ts";
import type { CheckGroup } from "../doctor/check.ts";
import { machineChecks } from "../doctor/machine-checks.ts";
import { providerChecks } from "../doctor/provider-checks.ts";
import { stackChecks } from "../doctor/stack-checks.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { DATA_DIR, envFromOption, jsonOption } from "../options.ts";
import { DoctorOutput } from "../output/doctor-output.ts";

interface DoctorFlags {
  stack?: string;
  dataDir: string;
  provider?: ProviderName;
  model?: string;
  offline?: boolean;
  json?: boolean;
}

const AFTER_HELP = `
On this machine: Node, the data folder and its disk, the sandbox, the providers' keys and addresses, and whether each
provider answers and takes its key (by listing one batch; nothing is sent or changed).

With --stack: AWS credentials and region, the stack and its outputs, whether you may use its bucket, table and state
machine, whether the providers' secrets hold keys, whether Bedrock and Claude on AWS take your credentials, uploads that started nothing, and the account's Lambda quota.

Keys are never shown.

Exit codes:
  0    nothing is wrong; there may be warnings
  1    something is wrong
  2    the command line is wrong

Examples:
  $ nightshift doctor
  $ nightshift doctor --provider openai
  $ nightshift doctor --provider bedrock --model amazon.nova-lite-v1:0
  $ nightshift doctor --offline
  $ nightshift doctor --stack Nightshift`;

export const declareDoctor: DeclareCommand = (bare, end) => {
  const doctor = bare
    .addHelpText("after", AFTER_HELP)
    .option("--stack <name>", "check the deployed stack of this name, with your AWS credentials and region")
    .addOption(new Option("-p, --provider <name>", "this provider only").choices(ProviderName.options))
    .option("-m, --model <model>", "with --provider: whether jobs of this model can run (Bedrock)")
    .option("--data-dir <dir>", "folder of all local state", DATA_DIR)
    .option("--offline", "call no provider");
  envFromOption(doctor);
  jsonOption(doctor, "JSON lines, one a check and then the sum,");
  doctor.action(async (flags: DoctorFlags) => end(await examine(flags)));
};

async function examine(flags: DoctorFlags): Promise<number> {
  if (flags.stack !== undefined && flags.offline) throw new UsageError("--offline cannot go with --stack");
  if (flags.model !== undefined && !flags.provider) throw new UsageError("--model needs --provider");
  const output = new DoctorOutput(flags.json ?? false);
  for (const { title, checks } of await groups(flags)) {
    output.group(title);
    for await (const check of checks) output.check(check);
  }
  return output.end() ? EXIT.ok : EXIT.error;
}

async function groups({ stack, provider, model, dataDir, offline }: DoctorFlags): Promise<CheckGroup[]> {
  if (stack !== undefined) {
    return [{ title: `The stack ${stack}`, checks: stackChecks(stack, provider, model) }];
  }
  return [
    { title: "This machine", checks: machineChecks(dataDir) },
    { title: "Providers", checks: providerChecks(provider, offline ?? false, model) },
  ];
}
