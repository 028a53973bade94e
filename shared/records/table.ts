/** The few forms of access to the table that the records are built from. */
import { JOBS_INDEX } from "../names.ts";
import { ConditionFailedError, type QueryCall, type RecordKey } from "./port.ts";
import { table } from "./store.ts";

export type { RecordKey } from "./port.ts";

/** A record as it surely is now (strongly consistent), or null. */
export async function getRecord(key: RecordKey): Promise<Record<string, unknown> | null> {
  const answer = await (await table()).get({ Key: key, ConsistentRead: true });
  return answer.Item ?? null;
}

/** Writes a record if there is none under its key yet; false when there is. */
export async function putNew(record: RecordKey & Record<string, unknown>): Promise<boolean> {
  const store = await table();
  return holds(() => store.put({ Item: record, ConditionExpression: "attribute_not_exists(pk)" }));
}

/** Writes a record, whatever was there. */
export async function putRecord(record: RecordKey & Record<string, unknown>): Promise<void> {
  await (await table()).put({ Item: record });
}

/** Sets attributes of a record, making it if needed. @returns the record as it is then */
export async function upsert(
  key: RecordKey,
  set: Record<string, string | number>,
): Promise<Record<string, unknown>> {
  const { terms, names, values } = equations(set);
  const { Attributes = {} } = await (await table()).update({
    Key: key,
    UpdateExpression: `SET ${terms.join(", ")}`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    ReturnValues: "ALL_NEW",
  });
  return Attributes;
}

/** Removes a record that still has these attributes; false when it has not, or is gone. */
export async function removeRecord(key: RecordKey, only: Record<string, string>): Promise<boolean> {
  const { terms, names, values } = equations(only);
  const condition = {
    ConditionExpression: terms.join(" AND "),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
  const store = await table();
  return holds(() => store.delete({ Key: key, ...condition }));
}

/** `#name = :name` for each attribute with a value, `#name` for each without, and what the placeholders stand for. */
function equations(attributes: Record<string, unknown>, kind = "") {
  const terms: string[] = [];
  const absent: string[] = [];
  // biome-ignore lint/plugin: placeholders begin with # or :, so none is a name that objects have
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) {
    names[`#${name}`] = name;
    if (value === undefined) absent.push(`#${name}`);
    else {
      terms.push(`#${name} = :${kind}${name}`);
      values[`:${kind}${name}`] = value;
    }
  }
  return { terms, absent, names, values };
}

/** Adds one to a counter that is below `limit`, making the record if needed; false when it is not below. */
export async function addUpTo(
  key: RecordKey,
  counter: string,
  limit: number,
  set: { expires_at: number },
): Promise<boolean> {
  const store = await table();
  return holds(() =>
    store.update({
      Key: key,
      UpdateExpression: "ADD #counter :one SET expires_at = :expires_at",
      ConditionExpression: "attribute_not_exists(#counter) OR #counter < :limit",
      ExpressionAttributeNames: { "#counter": counter },
      ExpressionAttributeValues: { ":one": 1, ":limit": limit, ":expires_at": set.expires_at },
    }),
  );
}

/**
 * Sets attributes of a record, if all of `only` still have these values (`undefined`: are absent).
 * An attribute set to `undefined` is removed. False when the condition does not hold.
 */
export async function update(
  key: RecordKey,
  set: Record<string, unknown>,
  only: Record<string, unknown> = {},
): Promise<boolean> {
  const change = equations(set);
  const condition = equations(only, "only_");
  const clauses = [
    change.terms.length > 0 && `SET ${change.terms.join(", ")}`,
    change.absent.length > 0 && `REMOVE ${change.absent.join(", ")}`,
  ];
  const absent = condition.absent.map((name) => `attribute_not_exists(${name})`);
  const values = { ...change.values, ...condition.values };
  const store = await table();
  return holds(() =>
    store.update({
      Key: key,
      UpdateExpression: clauses.filter(Boolean).join(" "),
      ConditionExpression: ["attribute_exists(pk)", ...absent, ...condition.terms].join(" AND "),
      ExpressionAttributeNames: { ...change.names, ...condition.names },
      ExpressionAttributeValues: Object.keys(values).length > 0 ? values : undefined,
    }),
  );
}

/** All records of one partition whose sort key begins with `prefix`, a page at a time. */
export function queryRecords(pk: string, prefix: string): AsyncGenerator<Record<string, unknown>> {
  return query({
    KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
    ExpressionAttributeValues: { ":pk": pk, ":prefix": prefix },
    ConsistentRead: true,
  });
}

/**
 * The jobs' records, newest first, of jobs created at `since` (Unix seconds) or later, a page at a
 * time. An index is behind its table for a moment: what matters is to be read again.
 */
export function queryJobs(since: number, Limit?: number): AsyncGenerator<Record<string, unknown>> {
  return query({
    IndexName: JOBS_INDEX.name,
    KeyConditionExpression: "#list = :jobs AND #time >= :since",
    ExpressionAttributeNames: { "#list": JOBS_INDEX.partition, "#time": JOBS_INDEX.sort },
    ExpressionAttributeValues: { ":jobs": JOBS_INDEX.value, ":since": since },
    ScanIndexForward: false,
    Limit,
  });
}

async function* query(call: QueryCall): AsyncGenerator<Record<string, unknown>> {
  const store = await table();
  let start: Record<string, unknown> | undefined;
  do {
    const page = await store.query({ ...call, ExclusiveStartKey: start });
    yield* page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start);
}

async function holds(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}
