/** What DynamoDB does, on every table of ours. */
import { describe, expect, test } from "vitest";
import { JOBS_INDEX } from "../../../../shared/names.ts";
import {
  ConditionFailedError,
  type Item,
  type QueryCall,
  type TableStore,
} from "../../../../shared/records/port.ts";
import { allStores } from "../../../harness/stores.ts";

const stores = await allStores();

async function all(table: TableStore, call: QueryCall): Promise<Item[]> {
  const items: Item[] = [];
  let ExclusiveStartKey: Item | undefined;
  do {
    const page = await table.query({ ...call, ExclusiveStartKey });
    items.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return items;
}

describe.each([...stores])("%s", (_name, { table }) => {
  const read = async (pk: string, sk = "s") =>
    (await table.get({ Key: { pk, sk }, ConsistentRead: true })).Item;

  test("a record is as it was put: texts, numbers, nothing, lists, maps and sets", async () => {
    const Item = {
      pk: "put",
      sk: "s",
      text: 'é \u{1f600} " \\ \n',
      number: 1732700000.25,
      large: 1_732_700_000_000,
      nothing: null,
      yes: true,
      many: [1, "a", null, { deep: [] }],
      map: { __proto__x: 1, constructor: "c", "a.b": {} },
      set: new Set([3, 1, 2]),
    };
    await table.put({ Item: { ...Item, gone: undefined } });
    const found = (await read("put")) ?? {};
    expect(found).toEqual({ ...Item, set: expect.any(Set) });
    expect([...(found.set as Set<number>)].sort()).toEqual([1, 2, 3]);
    await table.put({ Item: { pk: "put", sk: "s" } });
    expect(await read("put")).toEqual({ pk: "put", sk: "s" });
    expect(await read("none")).toBeUndefined();
  });

  test("what it does not take", async () => {
    await expect(table.put({ Item: { pk: "bad", sk: "s", number: Number.NaN } })).rejects.toThrow();
    await expect(table.put({ Item: { pk: "bad", sk: "s", text: "x".repeat(401 * 1024) } })).rejects.toThrow(
      /size/i,
    );
    expect(await read("bad")).toBeUndefined();
  });

  test.each([
    ["attribute_exists(pk)", true, false],
    ["attribute_not_exists(pk)", false, true],
    ["#a = :one", true, false],
    ["#a = :two", false, false],
    ["#a <> :two", true, true],
    ["#a < :two", true, false],
    ["#a <= :one AND #b = :text", true, false],
    ["#a > :one OR #b = :text", true, false],
    ["#a >= :two OR attribute_not_exists(#a)", false, true],
    ["NOT #a = :one", false, true],
    ["#a = :two AND #a = :two OR #b = :text", true, false],
    ["#a = :two AND (#a = :two OR #b = :text)", false, false],
    ["begins_with(#b, :prefix)", true, false],
    // A number is never less than a text.
    ["#b < :two", false, false],
  ])("the condition %s: on a record %s, on none %s", async (ConditionExpression, onOne, onNone) => {
    const values = new Map<string, unknown>([
      [":one", 1],
      [":two", 2],
      [":text", "text"],
      [":prefix", "te"],
    ]);
    const names = new Map([
      ["#a", "a"],
      ["#b", "b"],
    ]);
    const used = <Value>(from: Map<string, Value>) => {
      const kept = [...from].filter(([name]) => ConditionExpression.includes(name));
      return kept.length > 0 ? Object.fromEntries(kept) : undefined;
    };
    const call = {
      ConditionExpression,
      ExpressionAttributeNames: used(names),
      ExpressionAttributeValues: used(values),
    };
    await table.put({ Item: { pk: "holds", sk: "s", a: 1, b: "text" } });
    await table.delete({ Key: { pk: "fails", sk: "s" } });
    for (const [pk, holds] of [
      ["holds", onOne],
      ["fails", onNone],
    ] as const) {
      const put = table.put({ Item: { pk, sk: "s", done: 1 }, ...call });
      if (holds) await put;
      else await expect(put).rejects.toThrow(ConditionFailedError);
      expect((await read(pk))?.done).toBe(holds ? 1 : undefined);
    }
  });

  test("an update: set, remove, add to a number and to a set, arithmetic, what is not there yet", async () => {
    const Key = { pk: "update", sk: "s" };
    const names = { "#n": "n", "#set": "set", "#at": "at", "#gone": "gone" };
    const update = (UpdateExpression: string, used: (keyof typeof names)[], values?: Item) =>
      table.update({
        Key,
        UpdateExpression,
        ReturnValues: "ALL_NEW",
        ExpressionAttributeNames: Object.fromEntries(used.map((name) => [name, names[name]])),
        ExpressionAttributeValues: values,
      });
    expect(
      (
        await update("SET #gone = :x ADD #n :one, #set :s", ["#n", "#set", "#gone"], {
          ":x": "x",
          ":one": 1,
          ":s": new Set([1]),
        })
      ).Attributes,
    ).toEqual({ ...Key, gone: "x", n: 1, set: new Set([1]) });
    await update(
      "SET #at = if_not_exists(#at, :x), #n = #n + :two REMOVE #gone ADD #set :s",
      ["#n", "#set", "#at", "#gone"],
      { ":x": 5, ":two": 2, ":s": new Set([1, 2]) },
    );
    await update("SET #at = if_not_exists(#at, :x), #n = #n - :one", ["#n", "#at"], { ":x": 9, ":one": 1 });
    expect(await read("update")).toEqual({ ...Key, n: 2, at: 5, set: new Set([1, 2]) });
  });

  test("of many writers with the same condition one gets it", async () => {
    const claims = await Promise.allSettled(
      Array.from({ length: 10 }, (_, by) =>
        table.put({ Item: { pk: "claim", sk: "s", by }, ConditionExpression: "attribute_not_exists(pk)" }),
      ),
    );
    expect(claims.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("a delete, and one whose condition does not hold", async () => {
    await table.put({ Item: { pk: "delete", sk: "s", owner: "me" } });
    const condition = (owner: string) => ({
      Key: { pk: "delete", sk: "s" },
      ConditionExpression: "#owner = :owner",
      ExpressionAttributeNames: { "#owner": "owner" },
      ExpressionAttributeValues: { ":owner": owner },
    });
    await expect(table.delete(condition("you"))).rejects.toThrow(ConditionFailedError);
    expect(await read("delete")).toBeDefined();
    await table.delete(condition("me"));
    expect(await read("delete")).toBeUndefined();
  });

  test("a query: a partition's records by prefix, in the order of their bytes, over pages", async () => {
    const sorts = ["batch#1", "batch#10", "batch#2", "batch#A", "batch#_", "batch#a", "batch#é"];
    for (const sk of [...sorts].reverse())
      await table.put({ Item: { pk: "query", sk, text: "x".repeat(390_000) } });
    await table.put({ Item: { pk: "query", sk: "job" } });
    await table.put({ Item: { pk: "query2", sk: "batch#1" } });
    const items = await all(table, {
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": "query", ":prefix": "batch#" },
      ConsistentRead: true,
    });
    expect(items.map(({ sk }) => sk)).toEqual(sorts);
  });

  test("the index of jobs: newest first, from a time on, over pages, and only records that are listed", async () => {
    const text = "x".repeat(390_000);
    for (const at of [3, 1, 7, 5, 2, 6, 4])
      await table.put({ Item: { pk: `indexed-${at}`, sk: "job", list: "test", created_at: at, text } });
    await table.put({ Item: { pk: "indexed-8", sk: "job", created_at: 8 } });
    await table.put({ Item: { pk: "indexed-9", sk: "job", list: "others", created_at: 9 } });
    const items = await all(table, {
      IndexName: JOBS_INDEX.name,
      KeyConditionExpression: "#list = :list AND #time >= :since",
      ExpressionAttributeNames: { "#list": "list", "#time": "created_at" },
      ExpressionAttributeValues: { ":list": "test", ":since": 2 },
      ScanIndexForward: false,
    });
    expect(items.map(({ created_at }) => created_at)).toEqual([7, 6, 5, 4, 3, 2]);
  });
});
