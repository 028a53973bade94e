/** The rows of a round, as `collect-results` writes them: `BatchResult`s in input order. */
import { BatchResult, type ItemStatus } from "../models.ts";
import { splitLines } from "../streams/jsonl.ts";
import { openObject } from "./objects.ts";

/** Most bytes of a row. It bounds memory only: a row is an answer and its raw form. */
export const MAX_ROW_BYTES = 512 * 1024 * 1024;
const Head = BatchResult.pick({ line: true, status: true });

/** One row, without the end of its line. */
export interface Row {
  line: number;
  status: ItemStatus;
  bytes: Buffer;
}

/** The rows of a round, from its rows file. @throws NoSuchObjectError, ZodError for a row that is no `BatchResult` */
export async function* readRows(key: string): AsyncGenerator<Row, undefined> {
  for await (const lines of splitLines(await openObject(key), MAX_ROW_BYTES)) {
    for (const { bytes } of lines as { bytes: Buffer }[]) {
      yield { ...Head.parse(JSON.parse(bytes.toString("utf8"))), bytes };
    }
  }
}
