import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { synthesizedDefinition } from "../../../../infra/programs/definition.ts";
import { startDataServices } from "../../../../local/engine/data-services.ts";
import { HANDLERS } from "../../../../local/engine/handlers.ts";
import { lockFolder } from "../../../../local/folder-lock.ts";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-engine-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

type State = { Type: string; Resource?: string; ItemProcessor?: { States: Record<string, State> } };

function taskStates(states: Record<string, State>): Record<string, State> {
  const all = Object.entries(states).map(([name, state]) => ({
    ...(state.Type === "Task" && { [name]: state }),
    ...(state.ItemProcessor && taskStates(state.ItemProcessor.States)),
  }));
  return Object.assign({}, ...all);
}

test("every Task state of the synthesized definition has its handler, and every handler a state", () => {
  const { definition, tasks } = synthesizedDefinition();
  const states = taskStates(definition.States as unknown as Record<string, State>);
  expect(Object.keys(states).length).toBeGreaterThan(6);
  expect(Object.keys(tasks).sort()).toEqual(Object.keys(states).sort());
  const resources = new Set(Object.values(states).map(({ Resource }) => Resource));
  expect([...resources].sort()).toEqual([...HANDLERS.keys(), "events:putEvents"].sort());
});

test("one process at a time may use a folder", () => {
  const dir = folder();
  // Process 1 is always there, and is not ours.
  writeFileSync(join(dir, "pid"), "1\n");
  expect(() => lockFolder(dir)).toThrow(`${dir} is in use by process 1`);
});

test("a folder whose process is dead, or that says nothing, can be taken", () => {
  const dir = folder();
  for (const content of ["4194304\n", "", "nonsense"]) {
    writeFileSync(join(dir, "pid"), content);
    const unlock = lockFolder(dir);
    unlock();
  }
  const unlock = lockFolder(join(dir, "new", "deep"));
  unlock();
});

test("what the services hold is there again after a restart", async () => {
  const dir = folder();
  const { environment, close } = await startDataServices(dir);
  Object.assign(process.env, environment);
  const { putNew, getRecord } = await import("../../../../shared/records/table.ts");
  const { writeText } = await import("../../../../shared/objects/objects.ts");
  await putNew({ pk: "a", sk: "b", value: 1 });
  await writeText("inbox/ünï code.jsonl", "text");
  expect(await getRecord({ pk: "a", sk: "b" })).toMatchObject({ value: 1 });
  await close();

  const again = await startDataServices(dir);
  onTestFinished(() => again.close());
  for (const url of [again.environment.AWS_ENDPOINT_URL_S3, again.environment.AWS_ENDPOINT_URL_DYNAMODB]) {
    expect(new URL(url ?? "").hostname).toBe("127.0.0.1");
  }
  const { S3Client, GetObjectCommand } = await import("@aws-sdk/client-s3");
  const { DynamoDBClient, GetItemCommand } = await import("@aws-sdk/client-dynamodb");
  const s3 = new S3Client({ endpoint: again.environment.AWS_ENDPOINT_URL_S3, forcePathStyle: true });
  const object = await s3.send(new GetObjectCommand({ Bucket: "nightshift", Key: "inbox/ünï code.jsonl" }));
  expect(await object.Body?.transformToString()).toBe("text");
  const dynamo = new DynamoDBClient({ endpoint: again.environment.AWS_ENDPOINT_URL_DYNAMODB });
  const Key = { pk: { S: "a" }, sk: { S: "b" } };
  const { Item } = await dynamo.send(
    new GetItemCommand({ TableName: "nightshift", Key, ConsistentRead: true }),
  );
  expect(Item).toMatchObject({ value: { N: "1" } });
});
