/** What workflow tests and the simulation hold Lambdas to. */
import { expect, test } from "vitest";
import { AccessDenied, ALL_GRANTS, Grants } from "../../harness/grants.ts";
import { type Gate, guardedObjects, guardedTable } from "../../harness/guarded-stores.ts";
import { startLocalData } from "../../harness/local-data.ts";

const stores = await startLocalData();

/** The stores as a Lambda has them. */
function storesOf(lambda: string) {
  const grants = new Grants();
  const gate: Gate = (action, resource, context) => grants.use(lambda, { action, resource, context });
  return {
    grants,
    objects: guardedObjects(stores.objects, gate),
    table: guardedTable(stores.table, gate),
  };
}

test("a Lambda does what its policy allows, and that is noted as used", async () => {
  const { grants, objects, table } = storesOf("collect-results");
  await objects.put("jobs/j/results/1-r1.jsonl", "text", { contentType: "text/plain" });
  expect(await objects.head("jobs/j/results/1-r1.jsonl")).not.toBeNull();
  await table.get({ Key: { pk: "job#j", sk: "job" } });
  expect(grants.used).toEqual(
    expect.arrayContaining([
      "collect-results s3:PutObject JobBucket/jobs/*/results/*",
      "collect-results s3:GetObject JobBucket/jobs/*/results/*",
      "collect-results dynamodb:GetItem JobTable",
    ]),
  );
  expect(grants.used).toHaveLength(3);
  expect([...grants.refused]).toEqual([]);
  for (const used of grants.used) expect(ALL_GRANTS).toContain(used);
});

test("what its policy does not allow is refused, and kept for the test's end", async () => {
  const { grants, objects, table } = storesOf("submit-batch");
  await expect(objects.put("jobs/j/job.json", "{}", { contentType: "text/plain" })).rejects.toThrow(
    AccessDenied,
  );
  await expect(objects.upload("results/j/results.jsonl", { contentType: "text/plain" })).rejects.toThrow(
    "submit-batch may not s3:PutObject JobBucket/results/j/results.jsonl",
  );
  await expect(objects.list("jobs/").next()).rejects.toThrow(AccessDenied);
  const index = { IndexName: "jobs-by-time", KeyConditionExpression: "#list = :list" };
  await expect(table.query({ ...index, ExpressionAttributeValues: { ":list": "jobs" } })).rejects.toThrow(
    "submit-batch may not dynamodb:Query JobTable/index/jobs-by-time",
  );
  expect(grants.refused.size).toBe(4);
});

test("without the right to list, a missing object is a forbidden one", async () => {
  await expect(storesOf("submit-batch").objects.head("jobs/none/job.json")).rejects.toThrow(
    "submit-batch may not s3:ListBucket JobBucket",
  );
  await expect(storesOf("submit-batch").objects.open("jobs/none/job.json", {})).rejects.toThrow(
    "submit-batch may not s3:ListBucket JobBucket",
  );
  expect(await storesOf("prepare-job").objects.head("jobs/none/job.json")).toBeNull();
});
