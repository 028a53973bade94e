import { expect, test } from "vitest";
import {
  addUpTo,
  getRecord,
  putNew,
  putRecord,
  queryRecords,
  removeRecord,
  update,
} from "../../../../shared/records/table.ts";
import { startLocalData } from "../../../harness/local-data.ts";

await startLocalData();

test("a record is written once", async () => {
  const key = { pk: "new", sk: "a" };
  expect(await getRecord(key)).toBeNull();
  const claims = await Promise.all(
    Array.from({ length: 10 }, (_, by) => putNew({ ...key, by, gone: undefined })),
  );
  expect(claims.filter(Boolean)).toHaveLength(1);
  expect(await getRecord(key)).toEqual({ ...key, by: claims.indexOf(true) });
  await putRecord({ ...key, by: "force" });
  expect(await getRecord(key)).toEqual({ ...key, by: "force" });
});

test("an update sets, removes, and leaves the rest", async () => {
  const key = { pk: "update", sk: "a" };
  await putNew({ ...key, status: "a", error: "b", kept: { deep: [1, null] } });
  expect(await update(key, { status: "c", error: undefined, name: "reserved words: size, values" })).toBe(
    true,
  );
  expect(await getRecord(key)).toEqual({
    ...key,
    status: "c",
    name: "reserved words: size, values",
    kept: { deep: [1, null] },
  });
  expect(await update(key, { name: undefined })).toBe(true);
  expect(await getRecord(key)).not.toHaveProperty("name");
});

test("an update holds only under its conditions", async () => {
  const key = { pk: "condition", sk: "a" };
  expect(await update(key, { status: "made" })).toBe(false);
  expect(await getRecord(key)).toBeNull();
  await putNew({ ...key, status: "a", attempt: 1 });
  expect(await update(key, { status: "b" }, { attempt: 2 })).toBe(false);
  expect(await update(key, { status: "b" }, { attempt: 1, id: "x" })).toBe(false);
  expect(await update(key, { status: "b", id: "y" }, { attempt: 1, id: undefined, status: "a" })).toBe(true);
  expect(await update(key, { status: "c" }, { id: undefined })).toBe(false);
  expect(await getRecord(key)).toEqual({ ...key, status: "b", attempt: 1, id: "y" });
});

test("of concurrent updates under one condition one holds", async () => {
  const key = { pk: "race", sk: "a" };
  await putNew({ ...key, attempt: 0 });
  const held = await Promise.all(
    Array.from({ length: 10 }, (_, by) => update(key, { attempt: 1, by }, { attempt: 0 })),
  );
  expect(held.filter(Boolean)).toHaveLength(1);
  expect(await getRecord(key)).toMatchObject({ by: held.indexOf(true) });
});

test("a record is removed only as it is", async () => {
  const key = { pk: "remove", sk: "a" };
  await putNew({ ...key, owner: "me" });
  expect(await removeRecord(key, { owner: "you" })).toBe(false);
  expect(await removeRecord(key, { owner: "me" })).toBe(true);
  expect(await getRecord(key)).toBeNull();
});

test("a counter goes up to its limit, however many come at once", async () => {
  const key = { pk: "counter", sk: "a" };
  const taken = await Promise.all(
    Array.from({ length: 12 }, () => addUpTo(key, "creates", 5, { expires_at: 9 })),
  );
  expect(taken.filter(Boolean)).toHaveLength(5);
  expect(await getRecord(key)).toMatchObject({ creates: 5, expires_at: 9 });
});

test("a query gives every page, of this partition and prefix only", async () => {
  // DynamoDB's page is 1 MB: these take several.
  const text = "x".repeat(200_000);
  const batches = Array.from({ length: 12 }, (_, at) => `batch#${at}#r1`);
  await Promise.all([
    ...batches.map((sk) => putNew({ pk: "query", sk, text })),
    putNew({ pk: "query", sk: "job" }),
    putNew({ pk: "query2", sk: "batch#1#r1" }),
  ]);
  const found: unknown[] = [];
  for await (const { pk, sk } of queryRecords("query", "batch#")) found.push(`${pk} ${sk}`);
  expect(found).toEqual(batches.sort().map((sk) => `query ${sk}`));
});
