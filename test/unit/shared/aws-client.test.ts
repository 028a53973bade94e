import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { expect, onTestFinished, test } from "vitest";
import { AWS_CLIENT, S3_CLIENT } from "../../../shared/aws-client.ts";

test("a server that takes a request and never answers is given up", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void silent.close());
  await new Promise((resolve) => silent.once("listening", resolve));
  const client = new SFNClient({
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    endpoint: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    maxAttempts: 2,
    requestHandler: { ...AWS_CLIENT.requestHandler, requestTimeout: 50 },
  });
  onTestFinished(() => client.destroy());
  await expect(client.send(new ListStateMachinesCommand({}))).rejects.toMatchObject({ name: "TimeoutError" });
  expect(S3_CLIENT.requestHandler.throwOnRequestTimeout).toBe(true);
});

test("every client of AWS in a Lambda and in the command has time-outs", async () => {
  const made: string[] = [];
  // A `RestClient` is of no AWS, and has its own.
  for await (const file of glob("{shared,functions,cli}/**/*.ts"))
    for (const [, client, options] of readFileSync(file, "utf8").matchAll(
      /new ((?!Rest)\w+Client)\(([^)]*)\)/g,
    ))
      made.push(`${file}: ${client} ${options}`);
  expect(made.length).toBeGreaterThan(10);
  expect(made.filter((client) => !/ (\{\s+\.\.\.)?(AWS_CLIENT|S3_CLIENT|CLIENT)\b/.test(client))).toEqual([]);
});
