/** The rows of files as lines of JSON. Several files become one; pictures that are files are put into their rows. */
import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { membersOf, onOneLine } from "../../shared/json/source.ts";
import { openReader, START } from "../../shared/streams/reader.ts";
import { CellTexts } from "../../shared/streams/row-texts.ts";
import { UsageError } from "../exit-codes.ts";
import { fileSource } from "./input-stream.ts";

/** Most bytes of a picture or a document: a line has 20 MiB, and base64 takes a third more. */
const MAX_MEDIA_BYTES = 14 * 1024 * 1024;
/** What a file is by its first bytes, in Latin-1. */
const MEDIA: readonly [string, string][] = [
  ["\x89PNG", "image/png"],
  ["\xff\xd8\xff", "image/jpeg"],
  ["GIF8", "image/gif"],
  ["RIFF", "image/webp"],
  ["%PDF", "application/pdf"],
];

/** Whether a cell names a file of this machine. */
const isLocalPath = (value: string) => value !== "" && !/^(https?:\/\/|data:)/i.test(value);

/** The first rows of a table are searched for pictures that are files. */
export async function hasLocalImages(file: string, images: readonly string[]): Promise<boolean> {
  if (images.length === 0) return false;
  for await (const row of rowsOf(file)) {
    const members = membersOf(row);
    const values = members.filter(({ name }) => images.includes(name)).map((member) => valueIn(row, member));
    const given = values.filter((value): value is string => typeof value === "string" && value !== "");
    if (given.length > 0) return given.some(isLocalPath);
  }
  return false;
}

/** @throws UsageError naming the row whose picture is not there, or is none */
export async function* rowLines(
  files: readonly string[],
  images: readonly string[],
  carry?: readonly string[],
): AsyncGenerator<string> {
  for (const file of files) {
    let number = 0;
    for await (const row of rowsOf(file, carry)) {
      number++;
      yield `${images.length === 0 ? row : await withImages(row, images, file, number)}\n`;
    }
  }
}

async function* rowsOf(file: string, carry?: readonly string[]): AsyncGenerator<string> {
  const reader = await openReader(fileSource(file));
  const unreadable = reader.columns?.filter(({ problem }) => problem !== undefined) ?? [];
  const asked = unreadable.find(({ name }) => !carry || carry.includes(name));
  if (asked)
    throw new UsageError(`${file}: column ${asked.name} ${asked.problem}, and cannot be read; ${asked.mend}`);
  const cells = new CellTexts((reader.columns ?? []).filter((column) => !unreadable.includes(column)));
  for await (const rows of reader.rows(START)) {
    for (const row of rows) {
      if (row.bytes) {
        const text = row.bytes.toString("utf8");
        if (text.trim() !== "") yield onOneLine(text);
        continue;
      }
      if (row.tooLong || row.problem !== undefined)
        throw new UsageError(
          `${file}: ${reader.unit} ${row.number} ${row.tooLong ? "is too long" : row.problem}`,
        );
      cells.cells = row.cells;
      yield String(cells.carried() ?? "{}");
    }
  }
}

async function withImages(
  row: string,
  images: readonly string[],
  file: string,
  number: number,
): Promise<string> {
  let text = "";
  let at = 0;
  for (const member of membersOf(row)) {
    const value = images.includes(member.name) ? valueIn(row, member) : undefined;
    if (typeof value !== "string" || !isLocalPath(value)) continue;
    text += row.slice(at, member.start) + JSON.stringify(await dataUrl(value, file, number));
    at = member.end;
  }
  return text + row.slice(at);
}

function valueIn(row: string, { start, end }: { start: number; end: number }): unknown {
  try {
    return JSON.parse(row.slice(start, end));
  } catch {
    // An invalid line: the job says so.
    return undefined;
  }
}

/** A file as a data URL. It must be beside the table or below: a table from elsewhere names no other file of this machine. */
async function dataUrl(path: string, file: string, row: number): Promise<string> {
  const where = `${file}: row ${row}: ${JSON.stringify(path.slice(0, 200))}`;
  const folder = await realpath(dirname(file));
  const found = await realpath(join(folder, path)).catch(() => {
    throw new UsageError(`${where} is not there; paths are taken from the folder of the table`);
  });
  if (!found.startsWith(folder + sep)) throw new UsageError(`${where} is outside the folder of the table`);
  if ((await stat(found)).size > MAX_MEDIA_BYTES)
    throw new UsageError(`${where} has more than ${MAX_MEDIA_BYTES} bytes`);
  const bytes = await readFile(found);
  const head = bytes.toString("latin1", 0, 16);
  const type = MEDIA.find(([signature]) => head.startsWith(signature))?.[1];
  if (type === undefined) throw new UsageError(`${where} is no PNG, JPEG, GIF, WebP or PDF`);
  return `data:${type};name=${encodeURIComponent(path)};base64,${bytes.toString("base64")}`;
}
