/** One init: from the start of the process until it asks for its first invocation. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PROCESS_ENVIRONMENT } from "../../infra/lambdas/node-options.ts";

/** Milliseconds. */
export interface Init {
  /** User and system time of all threads. */
  cpu: number;
  wall: number;
}

/** Milliseconds after which a Lambda counts as one that does not start. */
const PATIENCE = 30_000;

/** Starts a Lambda in AWS's runtime client, with a server in the place of Lambda's. @throws Error when it does not come up */
export async function measureInit(program: string, folder: string): Promise<Init> {
  let told = "";
  // https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
  const server = createServer((request, response) => {
    if (request.url?.endsWith("/invocation/next")) return void server.emit("ready");
    request.on("data", (text) => {
      told += text;
    });
    request.once("end", () => response.writeHead(202).end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const started = performance.now();
  const child = spawn(process.execPath, [program, "index.handler"], {
    cwd: folder,
    env: {
      ...PROCESS_ENVIRONMENT,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_LAMBDA_FUNCTION_NAME: "bench",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
      AWS_REGION: "eu-central-1",
      LAMBDA_TASK_ROOT: folder,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.on("data", (text) => {
    told += text;
  });
  try {
    await Promise.race([
      once(server, "ready"),
      once(child, "exit").then(() => Promise.reject(new Error(`${folder} does not start: ${told}`))),
      once(server, "ready", { signal: AbortSignal.timeout(PATIENCE) }),
    ]);
    return { wall: performance.now() - started, cpu: cpuOf(child) };
  } finally {
    child.kill("SIGKILL");
    server.closeAllConnections();
    server.close();
  }
}

/** By the scheduler's own count, in nanoseconds, of each thread: https://docs.kernel.org/scheduler/sched-stats.html */
function cpuOf({ pid }: ChildProcess): number {
  const files = globSync(`/proc/${pid}/task/*/schedstat`);
  return files.reduce((sum, file) => sum + Number(readFileSync(file, "utf8").split(" ")[0]) / 1e6, 0);
}
