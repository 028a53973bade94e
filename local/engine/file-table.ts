/** The table of the embedded engine: DynamoDB's calls on SQLite. */
import type { DatabaseSync } from "node:sqlite";
import { JOBS_INDEX } from "../../shared/names.ts";
import {
  type Condition,
  ConditionFailedError,
  type Item,
  type QueryCall,
  type QueryPage,
  type RecordKey,
  type TableStore,
  type UpdateCall,
} from "../../shared/records/port.ts";
import { undamaged } from "./damaged.ts";
import { inTransaction, requireIntact, rowCheck } from "./database.ts";
import { holds, partitionOf, updated } from "./expressions.ts";
import { itemOf, textOf } from "./item-text.ts";

/** Bytes of records in a page of a query: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html */
const PAGE_BYTES = 1024 * 1024;

/** The table in an open database, which is in `file`. */
export class FileTable implements TableStore {
  readonly #database: DatabaseSync;
  readonly #file: string;

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
  }

  async get({ Key }: { Key: RecordKey }): Promise<{ Item?: Item | undefined }> {
    return undamaged(this.#file, () => ({ Item: this.#read(Key) }));
  }

  async put({ Item, ...condition }: { Item: RecordKey & Item } & Condition): Promise<unknown> {
    return this.#write(Item, condition, () => Item);
  }

  async update({ Key, UpdateExpression, ...call }: UpdateCall): Promise<{ Attributes?: Item | undefined }> {
    const Attributes = this.#write(Key, call, (item) => updated(UpdateExpression, { ...item, ...Key }, call));
    return { Attributes };
  }

  async delete({ Key, ...condition }: { Key: RecordKey } & Condition): Promise<unknown> {
    return this.#write(Key, condition, () => undefined);
  }

  async query(call: QueryCall): Promise<QueryPage> {
    return undamaged(this.#file, () => this.#page(call));
  }

  /** All records, for tests. */
  all(): Item[] {
    return this.#database
      .prepare("SELECT * FROM records ORDER BY pk, sk")
      .all()
      .map((row) => this.#item(row));
  }

  #read({ pk, sk }: RecordKey): Item | undefined {
    const row = this.#database.prepare("SELECT * FROM records WHERE pk = ? AND sk = ?").get(pk, sk);
    return row && this.#item(row);
  }

  #item({ pk, sk, item, sets, check }: Record<string, unknown>): Item {
    requireIntact(this.#file, [pk, sk, item, sets], check);
    return itemOf({ item: String(item), sets: String(sets) });
  }

  #write(
    { pk, sk }: RecordKey,
    { ConditionExpression, ...placeholders }: Condition,
    next: (item: Item) => Item | undefined,
  ): Item | undefined {
    return undamaged(this.#file, () =>
      inTransaction(this.#database, () => {
        const item = this.#read({ pk, sk });
        if (ConditionExpression && !holds(ConditionExpression, item ?? {}, placeholders))
          throw new ConditionFailedError("The conditional request failed");
        const written = next(item ?? {});
        if (written === undefined)
          this.#database.prepare("DELETE FROM records WHERE pk = ? AND sk = ?").run(pk, sk);
        else this.#store({ pk, sk }, written);
        return written && this.#read({ pk, sk });
      }),
    );
  }

  #store({ pk, sk }: RecordKey, written: Item): void {
    const { item, sets } = textOf(written);
    const list = written[JOBS_INDEX.partition];
    const created_at = written[JOBS_INDEX.sort];
    const isListed = typeof list === "string" && typeof created_at === "number";
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO records (pk, sk, item, sets, "check", list, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        pk,
        sk,
        item,
        sets,
        rowCheck([pk, sk, item, sets]),
        isListed ? list : null,
        isListed ? created_at : null,
      );
  }

  #page(call: QueryCall): QueryPage {
    const order = call.ScanIndexForward === false ? "DESC" : "ASC";
    const [columns, partition] = call.IndexName ? [["created_at", "pk", "sk"], "list"] : [["sk"], "pk"];
    const start = call.ExclusiveStartKey;
    const after = start ? `AND (${columns}) ${order === "ASC" ? ">" : "<"} (${columns.map(() => "?")})` : "";
    const sorted = columns.map((column) => `${column} ${order}`);
    const rows = this.#database
      .prepare(`SELECT * FROM records WHERE ${partition} = ? ${after} ORDER BY ${sorted}`)
      .iterate(
        partitionOf(call.KeyConditionExpression, call),
        ...(columns.map((column) => start?.[column]).filter((value) => value !== undefined) as string[]),
      );
    const Items: Item[] = [];
    let bytes = 0;
    for (const row of rows) {
      const item = this.#item(row);
      if (!holds(call.KeyConditionExpression, item, call)) continue;
      Items.push(item);
      bytes += String(row.item).length;
      if (bytes >= PAGE_BYTES || Items.length === call.Limit) {
        const { pk, sk, created_at } = item;
        return { Items, LastEvaluatedKey: call.IndexName ? { pk, sk, created_at } : { pk, sk } };
      }
    }
    return { Items };
  }
}
