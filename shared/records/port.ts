/**
 * The port to the table. Behind it stands DynamoDB (`dynamo-table.ts`), or a database in the embedded engine. Calls are
 * DynamoDB's own, in the document client's form: every store has the same language of conditions.
 */

export interface RecordKey {
  pk: string;
  sk: string;
}

/** A record's attributes, or the values of placeholders. Sets stand at the top level only. */
export type Item = Record<string, unknown>;

export interface Placeholders {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Item | undefined;
}

export interface Condition extends Placeholders {
  ConditionExpression?: string | undefined;
}

export interface UpdateCall extends Condition {
  Key: RecordKey;
  UpdateExpression: string;
  /** The record as it is afterwards. */
  ReturnValues?: "ALL_NEW" | undefined;
}

export interface QueryCall extends Placeholders {
  /** Begins with `<partition key> = <value>`. */
  KeyConditionExpression: string;
  IndexName?: string | undefined;
  ConsistentRead?: boolean | undefined;
  ScanIndexForward?: boolean | undefined;
  /** Most records of a page. */
  Limit?: number | undefined;
  ExclusiveStartKey?: Item | undefined;
}

export interface QueryPage {
  Items?: Item[] | undefined;
  LastEvaluatedKey?: Item | undefined;
}

/** The table. What was written is on disk when a write returns. */
export interface TableStore {
  get(call: { Key: RecordKey; ConsistentRead?: boolean }): Promise<{ Item?: Item | undefined }>;
  /** @throws ConditionFailedError */
  put(call: { Item: RecordKey & Item } & Condition): Promise<unknown>;
  /** @throws ConditionFailedError */
  update(call: UpdateCall): Promise<{ Attributes?: Item | undefined }>;
  /** @throws ConditionFailedError */
  delete(call: { Key: RecordKey } & Condition): Promise<unknown>;
  query(call: QueryCall): Promise<QueryPage>;
}

/** The record is not as the call's condition wants it: nothing was written. */
export class ConditionFailedError extends Error {
  override name = "ConditionFailedError";
}
