/** The process's table: DynamoDB, unless it says otherwise. */
import type { TableStore } from "./port.ts";

let store: TableStore | Promise<TableStore> | undefined;

export async function table(): Promise<TableStore> {
  // Loaded when it is needed: a process with another store does without the AWS SDK.
  store ??= import("./dynamo-table.ts").then(({ dynamoTable }) => dynamoTable());
  return store;
}

/** Makes a table this process's; undefined: DynamoDB again. */
export function useTable(next: TableStore | undefined): void {
  store = next;
}
