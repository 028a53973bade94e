import { Construct } from "constructs";
import type * as z from "zod";
import { JobSpec, ProviderName } from "../../shared/models.ts";
import { PriceOverrides } from "../../shared/money/prices.ts";
import { ENV, metricsNamespace } from "../../shared/names.ts";
import { bedrockPrefix } from "../../shared/objects/keys.ts";
import { LimitOverrides } from "../../shared/providers/formats.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { grantProviders, neededVariables, type ProviderTask } from "../access/provider-grants.ts";
import type { ProviderSecrets } from "../access/provider-secrets.ts";
import type { Tenants } from "../access/tenants.ts";
import { allow } from "../access/wildcards.ts";
import { checked } from "../checked.ts";
import type { JobSettings } from "../nightshift-props.ts";
import type { JobBucket } from "../storage/job-bucket.ts";
import type { JobTable } from "../storage/job-table.ts";
import type { StoragePolicy } from "../storage/storage-policy.ts";
import { type ExecutionAction, LAMBDAS, type LambdaName, type LambdaSpec } from "./lambda-table.ts";
import type { Network } from "./network.ts";
import { NightshiftFunction } from "./nightshift-function.ts";

/** Seconds that a create may stay unseen at the provider: a batch just made can answer 404 for a moment. */
const CREATE_SETTLE_SECONDS = 120;
/** Seconds between a Lambda's timeout and the moment it is surely dead. */
const LEASE_MARGIN_SECONDS = 60;
/** Seconds of a run. A Lambda has 900, and needs some to end what it is at: a batch of 256 MB, say. */
const RUN_SECONDS = 600;

/** What Lambdas do at providers, where they do not only handle batches. */
const USES: ReadonlyMap<string, readonly ProviderTask[]> = new Map([
  ["submit-batch", ["create", "batch"]],
  ["answer-now", ["ask"]],
]);

export interface LambdasProps {
  bucket: JobBucket;
  table: JobTable;
  providers: readonly ProviderName[];
  secrets: ProviderSecrets;
  tenants: Tenants;
  settings: JobSettings;
  /** The state machine's name, which is part of the metrics' namespace. */
  name: string;
  /** The state machine, by its name alone: it refers to these Lambdas, so they cannot refer to it. */
  stateMachineArn: string;
  storage: StoragePolicy;
  network: Network | undefined;
}

/** The Lambdas, each with a role of its own and just the permissions of its line in `LAMBDAS`. */
export class Lambdas extends Construct {
  readonly functions: Readonly<Record<LambdaName, NightshiftFunction>>;

  constructor(scope: Construct, id: string, props: LambdasProps) {
    super(scope, id);
    const entries = Object.entries(LAMBDAS).map(([name, spec]) => [name, this.make(name, spec, props)]);
    this.functions = Object.fromEntries(entries);
  }

  private make(name: string, spec: LambdaSpec, props: LambdasProps): NightshiftFunction {
    const lambda = new NightshiftFunction(this, name, {
      folder: `functions/${name}`,
      timeoutMinutes: spec.timeoutMinutes,
      diskMiB: spec.diskMiB,
      providers: props.providers,
      storage: props.storage,
      network: props.network,
      settings: jobSettings(props.settings),
      environment: {
        ...commonEnvironment(props),
        ...(spec.nodeOptions && { NODE_OPTIONS: spec.nodeOptions }),
        ...(spec.callsProvider ? providerEnvironment(props) : {}),
        ...(spec.readsTenants && props.tenants.path ? { [ENV.tenants]: props.tenants.path } : {}),
        ...(spec.executions ? { [ENV.stateMachine]: props.stateMachineArn } : {}),
      },
    });
    props.bucket.grant(lambda, spec.objects);
    props.table.grant(lambda, spec.table);
    if (spec.listsJobs) props.table.grantList(lambda);
    if (spec.executions) grantExecutions(lambda, spec.executions, props.stateMachineArn);
    if (spec.readsTenants) props.tenants.grantSettings(lambda);
    if (spec.callsProvider) {
      props.secrets.grantRead(lambda);
      props.tenants.grantKeys(lambda);
      const { providers } = props;
      const variables = props.settings.providerVariables;
      grantProviders(lambda, { providers, variables, to: USES.get(name) ?? ["batch"] });
      // Where Bedrock writes its results. Without the right to list, S3 answers 403 for a missing object, too.
      if (name === "collect-results" && providers.includes("bedrock"))
        props.bucket.grant(lambda, { read: [`${bedrockPrefix("*")}*`], missing: true });
    }
    return lambda;
  }
}

/** What has no bound: a few hundred prices of fine-tuned models, a system prompt. */
function jobSettings(settings: JobSettings): Record<string, string> {
  return {
    [ENV.jobDefaults]: checkedJson("jobDefaults", JobSpec.partial(), settings.jobDefaults),
    [ENV.providerLimits]: checkedJson("providerLimits", LimitOverrides, settings.providerLimits),
    [ENV.modelPrices]: checkedJson("modelPrices", PriceOverrides, settings.modelPrices),
  };
}

function commonEnvironment({ bucket, table, name, providers }: LambdasProps): Record<string, string> {
  return {
    [ENV.bucket]: bucket.bucket.bucketName,
    [ENV.table]: table.table.tableName,
    [ENV.providers]: providers.join(","),
    [ENV.runSeconds]: String(RUN_SECONDS),
    [ENV.metricsNamespace]: metricsNamespace(name),
  };
}

function providerEnvironment({ secrets, settings, providers }: LambdasProps): Record<string, string> {
  return {
    ...secrets.environment(),
    [ENV.submitLease]: String(LAMBDAS["submit-batch"].timeoutMinutes * 60 + LEASE_MARGIN_SECONDS),
    [ENV.createSettle]: String(CREATE_SETTLE_SECONDS),
    ...addresses(settings.baseUrls),
    ...neededVariables(providers, settings.providerVariables),
  };
}

function addresses(baseUrls: JobSettings["baseUrls"] = {}): Record<string, string> {
  const given = ProviderName.options.flatMap((name) => {
    const url = baseUrls[name];
    return url === undefined ? [] : [[PROFILES[name].variables.url, url]];
  });
  return Object.fromEntries(given);
}

function checkedJson(name: string, schema: z.ZodType, value: object = {}): string {
  return JSON.stringify(checked(name, schema, value));
}

/**
 * StartExecution is allowed on a state machine, DescribeExecution on its executions:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
 */
function grantExecutions(
  lambda: NightshiftFunction,
  actions: readonly ExecutionAction[],
  stateMachineArn: string,
): void {
  const executions = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:*`;
  for (const action of actions) {
    const resource = action === "StartExecution" ? stateMachineArn : executions;
    const statement = { actions: [`states:${action}`], resources: [resource] };
    allow(lambda, statement, "Every execution of this one state machine");
  }
}
