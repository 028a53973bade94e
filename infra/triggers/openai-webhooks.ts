import { type FunctionUrl, FunctionUrlAuthType } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { ENV } from "../../shared/names.ts";
import { grantSecrets } from "../access/secret-access.ts";
import { type NamedSecret, unsetSecret } from "../access/unset-secret.ts";
import type { Network } from "../lambdas/network.ts";
import { NightshiftFunction } from "../lambdas/nightshift-function.ts";
import type { JobTable } from "../storage/job-table.ts";
import type { StoragePolicy } from "../storage/storage-policy.ts";
import { grantTaskEnds } from "./task-ends.ts";

/**
 * Deliveries at once. One takes some 50 ms and OpenAI allows 2,000 batches an hour, so a few would do. What strangers send to a public
 * address cannot take more of the account's Lambdas from the jobs than this.
 */
const CONCURRENCY = 10;

export interface OpenAiWebhooksProps {
  /** First part of the secret's name. */
  prefix: string;
  table: JobTable;
  storage: StoragePolicy;
  network: Network | undefined;
}

/** A public address for OpenAI's webhooks, and the Lambda behind it, which wakes who waits for a batch. */
export class OpenAiWebhooks extends Construct {
  readonly lambda: NightshiftFunction;
  /** What is registered at OpenAI. */
  readonly url: FunctionUrl;
  /** Holds what OpenAI signs with, once a person has put it there. */
  readonly signingSecret: NamedSecret;

  constructor(scope: Construct, id: string, { prefix, table, storage, network }: OpenAiWebhooksProps) {
    super(scope, id);
    this.signingSecret = unsetSecret(this, "SigningSecret", {
      prefix,
      name: "openai-webhook",
      description: "Nightshift: the signing secret of OpenAI's webhooks",
      encryptionKey: storage.encryptionKey,
    });
    const { secret } = this.signingSecret;
    this.lambda = new NightshiftFunction(this, "receive-webhook", {
      folder: "functions/receive-webhook",
      timeoutMinutes: 1,
      concurrency: CONCURRENCY,
      environment: {
        [ENV.table]: table.table.tableName,
        [ENV.openaiWebhookSecret]: secret.secretArn,
      },
      storage,
      network,
    });
    // OpenAI cannot sign as AWS wants it: the Lambda checks OpenAI's own signature.
    this.url = this.lambda.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    table.grantWakes(this.lambda);
    grantSecrets(this.lambda, secret);
    grantTaskEnds(this.lambda);
  }
}
