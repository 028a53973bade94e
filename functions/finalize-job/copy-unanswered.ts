/** The unanswered part of the input. A job whose items all have answers loads none of this, nor reads its input again. */
import { isTemplate } from "../../shared/models.ts";
import { objectSource } from "../../shared/objects/input.ts";
import type { JobFile } from "../../shared/objects/job-file.ts";
import { headObject } from "../../shared/objects/objects.ts";
import { type InputReader, openReader } from "../../shared/streams/reader.ts";
import type { FailedCursor } from "./failed-cursor.ts";
import { type Copying, copyFailed } from "./failed-lines.ts";
import { copyFailedRows } from "./failed-rows.ts";

/** Copies the lines or the table's rows that the lists name, from where the cursor is, which moves along. */
export async function copyUnanswered(copying: Omit<Copying, "reader">, cursor: FailedCursor): Promise<void> {
  const { file } = copying;
  const reader = await inputOf(file);
  const isTable = reader.kind.shape !== "jsonl" || isTemplate(file.spec);
  const copy = isTable ? copyFailedRows : copyFailed;
  await copy({ ...copying, reader }, cursor);
}

async function inputOf({ key, version }: JobFile): Promise<InputReader> {
  const object = await headObject(key, version);
  if (!object) throw new Error(`the input ${key} is missing`);
  return openReader(objectSource(key, version, object.bytes));
}
