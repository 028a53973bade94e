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
  const { terms, placeholders } = equations(set);
  const UpdateExpression = `SET ${terms.join(", ")}`;
  const call = { Key: key, UpdateExpression, ...placeholders, ReturnValues: "ALL_NEW" as const };
  const { Attributes = {} } = await (await table()).update(call);
  return Attributes;
}

/** Removes a record if its attributes have these values. */
export async function removeRecord(key: RecordKey, only: Record<string, string>): Promise<boolean> {
  const { terms, placeholders } = equations(only);
  const ConditionExpression = terms.join(" AND ");
  const store = await table();
  return holds(() => store.delete({ Key: key, ConditionExpression, ...placeholders }));
}

/** `#name = :name` for each attribute, with what the placeholders stand for. */
function equations(values: Record<string, string | number>) {
  const attributes = Object.entries(values);
  return {
    terms: attributes.map(([name]) => `#${name} = :${name}`),
    placeholders: {
      ExpressionAttributeNames: Object.fromEntries(attributes.map(([name]) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(attributes.map(([name, value]) => [`:${name}`, value])),
    },
  };
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
  // biome-ignore lint/plugin: the keys are attributes of our own records, each behind a #
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const name = (attribute: string) => {
    names[`#${attribute}`] = attribute;
    return `#${attribute}`;
  };
  const sets: string[] = [];
  const removes: string[] = [];
  for (const [attribute, value] of Object.entries(set)) {
    if (value === undefined) removes.push(name(attribute));
    else {
      values[`:${attribute}`] = value;
      sets.push(`${name(attribute)} = :${attribute}`);
    }
  }
  const conditions = ["attribute_exists(pk)"];
  for (const [attribute, value] of Object.entries(only)) {
    if (value === undefined) conditions.push(`attribute_not_exists(${name(attribute)})`);
    else {
      values[`:only_${attribute}`] = value;
      conditions.push(`${name(attribute)} = :only_${attribute}`);
    }
  }
  const clauses: string[] = [];
  if (sets.length) clauses.push(`SET ${sets.join(", ")}`);
  if (removes.length) clauses.push(`REMOVE ${removes.join(", ")}`);
  const store = await table();
  return holds(() =>
    store.update({
      Key: key,
      UpdateExpression: clauses.join(" "),
      ConditionExpression: conditions.join(" AND "),
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: Object.keys(values).length ? values : undefined,
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
