import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../harness/free-port.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Where the emulator's program is: `.ci/run` puts it into the project's own virtual environment. */
const PROGRAM = process.env.MINISTACK ?? join(ROOT, ".venv/bin/ministack");

/** An AWS emulator that is running. */
export interface Emulator {
  /** What a process needs in its environment to take it for AWS. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/**
 * Starts ministack on a free port of 127.0.0.1, with nothing in it.
 * @throws Error that says how to get it when it is not installed.
 */
export async function startEmulator(): Promise<Emulator> {
  if (!existsSync(PROGRAM)) {
    throw new Error(
      `There is no AWS emulator at ${PROGRAM}. Get one with:\n` +
        "  python3 -m venv .venv && .venv/bin/pip install ministack==1.5.33\n" +
        "or name another one in the environment variable MINISTACK.",
    );
  }
  const port = await freePort();
  const env = {
    // 127.0.0.1 and not localhost: the AWS SDKs then address buckets by path.
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    // The two that every child needs; nothing else of ours, such as a real key, reaches a Lambda.
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: process.env.HOME ?? "/",
  };
  const child = spawn(PROGRAM, [], {
    env: {
      ...env,
      GATEWAY_PORT: String(port),
      BIND_HOST: "127.0.0.1",
      MINISTACK_HOST: "127.0.0.1",
      LAMBDA_EXECUTOR: "local",
      LOG_LEVEL: "WARNING",
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  await ready(child, `${env.AWS_ENDPOINT_URL}/health`);
  return { env, stop: () => stop(child) };
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the emulator ended with code ${child.exitCode}`);
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await sleep(100);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await Promise.race([ended, sleep(5000).then(() => child.kill("SIGKILL"))]);
}
