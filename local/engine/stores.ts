/** The data of one folder: what stands for S3 and DynamoDB in a process that works there. */
import { join } from "node:path";
import { useObjects } from "../../shared/objects/store.ts";
import { useTable } from "../../shared/records/store.ts";
import { openDatabase } from "./database.ts";
import { FileObjects } from "./file-objects.ts";
import { FileTable } from "./file-table.ts";

export interface Stores {
  objects: FileObjects;
  table: FileTable;
  /** Closes the folder; this process works on AWS again. */
  close(): void;
}

/**
 * Opens a folder and makes it this process's bucket and table. Other processes may have it open as well: `lockFolder` says
 * which of them runs its jobs.
 * @param checksAll see `openDatabase`
 * @throws DamagedFolderError
 */
export function openStores(dir: string, checksAll = true): Stores {
  const database = openDatabase(dir, checksAll);
  const file = join(dir, "engine.db");
  const objects = new FileObjects(database, file, dir);
  const table = new FileTable(database, file);
  useObjects(objects);
  useTable(table);
  return {
    objects,
    table,
    close() {
      useObjects(undefined);
      useTable(undefined);
      database.close();
    },
  };
}
