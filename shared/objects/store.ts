/** The process's object store: S3, unless it says otherwise. */
import { type ObjectStore, S3_PART_BYTES } from "./port.ts";

let store: ObjectStore | Promise<ObjectStore> | undefined;

export async function objects(): Promise<ObjectStore> {
  // Loaded when it is needed: a process with another store does without the AWS SDK.
  store ??= import("./s3-store.ts").then(({ s3Store }) => s3Store());
  return store;
}

/** Makes a store this process's; undefined: S3 again. */
export function useObjects(next: ObjectStore | undefined): void {
  store = next;
}

/** The store's size of a part, in bytes. */
export const partBytes = (): number => (store && "partBytes" in store ? store.partBytes : S3_PART_BYTES);
