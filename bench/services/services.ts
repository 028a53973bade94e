/** The processes around the measured one: storage and provider. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAMBDAS, type LambdaName } from "../../infra/lambdas/lambda-table.ts";
import { PROCESS_ENVIRONMENT } from "../../infra/lambdas/node-options.ts";
import { ENV } from "../../shared/names.ts";
import type { ProviderAddress } from "./provider.ts";
import type { StorageAddress, StorageCounts } from "./storage.ts";

/** Name of the bucket and of the table. */
export const NAME = "bench";

/** Running services. */
export interface Services {
  s3: string;
  provider: ProviderAddress;
  /** What a handler's process needs in its environment. */
  environment: NodeJS.ProcessEnv;
  /** Requests to S3 and DynamoDB since it was last asked. */
  counts(): Promise<StorageCounts>;
  /** Ends the processes and removes their files. */
  close(): void;
}

/**
 * Starts both on loopback, with their files below the system's temporary folder. `latencySeconds`: from a
 * batch's creation to its end. `realtimeSeconds`: what an answer in real time takes; 100 at once are let through.
 */
export async function startServices(latencySeconds = 1, realtimeSeconds = 0): Promise<Services> {
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), "nightshift-bench-"));
  const [storage, storageAt] = await start<StorageAddress>("storage.ts", [join(dir, "s3")]);
  const [provider, providerAt] = await start<ProviderAddress>("provider.ts", [
    join(dir, "provider"),
    String(latencySeconds),
    String(realtimeSeconds),
  ]);
  return {
    s3: storageAt.s3,
    provider: providerAt,
    environment: {
      ...process.env,
      ...PROCESS_ENVIRONMENT,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "bench",
      AWS_SECRET_ACCESS_KEY: "bench",
      AWS_ENDPOINT_URL_S3: storageAt.s3,
      AWS_ENDPOINT_URL_DYNAMODB: storageAt.dynamodb,
      OPENAI_BASE_URL: providerAt.openai,
      ANTHROPIC_BASE_URL: providerAt.anthropic,
      OPENAI_API_KEY: "bench",
      ANTHROPIC_API_KEY: "bench",
      [ENV.bucket]: NAME,
      [ENV.table]: NAME,
      [ENV.jobDefaults]: "{}",
      [ENV.providerLimits]: "{}",
      [ENV.submitLease]: "0",
      [ENV.createSettle]: "0",
      [ENV.runSeconds]: "600",
      [ENV.metricsNamespace]: NAME,
    },
    async counts() {
      storage.send("counts");
      return (await once(storage, "message"))[0];
    },
    close() {
      storage.disconnect();
      provider.disconnect();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The environment of one Lambda, with its own options of node. */
export function environmentOf(
  lambda: LambdaName,
  { environment }: Pick<Services, "environment">,
): NodeJS.ProcessEnv {
  const { nodeOptions } = LAMBDAS[lambda];
  return { ...environment, ...(nodeOptions && { NODE_OPTIONS: nodeOptions }) };
}

async function start<Address>(
  program: string,
  [dir = "", ...rest]: string[],
): Promise<[ChildProcess, Address]> {
  mkdirSync(dir, { recursive: true });
  const child = fork(join(import.meta.dirname, program), [dir, ...rest]);
  const [address] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => Promise.reject(new Error(`${program} ended before it was up`))),
  ]);
  return [child, address];
}
