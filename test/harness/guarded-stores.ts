/** Stores that do what the Lambda's policy allows, and refuse the rest as AWS does. */
import { NoSuchObjectError, type ObjectStore, type Upload } from "../../shared/objects/port.ts";
import type { TableStore } from "../../shared/records/port.ts";

/** Asked before a call; throws when it is not allowed. The resource is named as in `iam.ts`. */
export type Gate = (action: string, resource: string, context?: Record<string, string[]>) => void;

const BUCKET = "JobBucket";
const TABLE = "JobTable";

/** The bucket behind a gate. Rights: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
export function guardedObjects(store: ObjectStore, gate: Gate): ObjectStore {
  const on = (action: string, key: string) => gate(`s3:${action}`, `${BUCKET}/${key}`);
  const read = (key: string, version: string | undefined) =>
    on(version === undefined ? "GetObject" : "GetObjectVersion", key);
  // Without the right to list, S3 says 403 instead of 404.
  const missing = () => gate("s3:ListBucket", BUCKET);
  return {
    minPartBytes: store.minPartBytes,
    partBytes: store.partBytes,
    gatherMs: store.gatherMs,
    async head(key, version) {
      read(key, version);
      const info = await store.head(key, version);
      if (info === null) missing();
      return info;
    },
    async open(key, part) {
      read(key, part.version);
      try {
        return await store.open(key, part);
      } catch (error) {
        if (error instanceof NoSuchObjectError) missing();
        throw error;
      }
    },
    async put(key, body, headers) {
      on("PutObject", key);
      return store.put(key, body, headers);
    },
    async upload(key, headers) {
      on("PutObject", key);
      return guardedUpload(await store.upload(key, headers), key, on);
    },
    async *list(prefix) {
      gate("s3:ListBucket", BUCKET, { "s3:prefix": [prefix] });
      yield* store.list(prefix);
    },
  };
}

function guardedUpload(upload: Upload, target: string, on: (action: string, key: string) => void): Upload {
  return {
    append: async (bytes) => upload.append(bytes),
    async copy(key, ...range) {
      on("GetObject", key);
      return upload.copy(key, ...range);
    },
    complete: async () => upload.complete(),
    async abort() {
      on("AbortMultipartUpload", target);
      return upload.abort();
    },
  };
}

/** The table behind a gate. */
export function guardedTable(store: TableStore, gate: Gate): TableStore {
  const on = (action: string, pk: unknown, index?: string) =>
    gate(`dynamodb:${action}`, index === undefined ? TABLE : `${TABLE}/index/${index}`, {
      "dynamodb:LeadingKeys": [String(pk)],
    });
  return {
    async get(call) {
      on("GetItem", call.Key.pk);
      return store.get(call);
    },
    async put(call) {
      on("PutItem", call.Item.pk);
      return store.put(call);
    },
    async update(call) {
      on("UpdateItem", call.Key.pk);
      return store.update(call);
    },
    async delete(call) {
      on("DeleteItem", call.Key.pk);
      return store.delete(call);
    },
    async query(call) {
      const [, partition = ""] = /= (:\w+)/.exec(call.KeyConditionExpression) ?? [];
      on("Query", call.ExpressionAttributeValues?.[partition], call.IndexName);
      return store.query(call);
    },
  };
}
