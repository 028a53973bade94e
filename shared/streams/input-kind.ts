/** The kind of an input: by its first bytes, and by its name if the bytes do not decide it. */
import { isUtf8 } from "node:buffer";
import { InvalidJobError } from "../errors.ts";
import { isJson } from "../json/values.ts";
import { delimiterOf } from "./csv.ts";
import { foreignKind } from "./foreign.ts";
import { type Encoding, inUtf8, type Packing, packingOf, unpacked } from "./unpack.ts";

/** How the bytes of an input are read. */
export interface InputKind {
  shape: "jsonl" | "array" | "csv" | "parquet";
  packing: Packing;
  encoding: Encoding;
  /** Between two fields of a CSV file. */
  delimiter: string;
  /** Bytes of plain text before the header of a CSV file: a line that Excel or PowerShell puts there. */
  skip: number;
}

/** Where the bytes of an input are: a file, or an object. */
export interface InputSource {
  /** What a person knows it by. */
  name: string;
  bytes: number;
  /** The bytes from `from` to before `to`, or to the end. */
  open(from: number, to?: number): AsyncIterable<Uint8Array>;
}

/** Bytes that are read to find the kind. */
const HEAD_BYTES = 64 * 1024;

/** @throws InvalidJobError in one sentence when it is nothing that can be read: what it is, and what to do */
export async function inputKind(source: InputSource): Promise<InputKind> {
  const raw = await firstBytes(source.open(0, HEAD_BYTES));
  refuseForeign(source, raw);
  const packing = packingOf(raw);
  const plain = packing === "plain" ? raw : await firstBytes(unpacked(source, packing));
  if (packing !== "plain") refuseForeign(source, plain);
  if (plain.toString("latin1", 0, 4) === "PAR1") {
    if (packing !== "plain")
      throw new InvalidJobError(`${source.name} is a Parquet file packed with ${packing}; unpack it`);
    return { shape: "parquet", packing, encoding: "utf-8", delimiter: "", skip: 0 };
  }
  const encoding = encodingOf(plain);
  const text = await textOf(plain, encoding);
  if (text.includes("\0") && !text.trimStart().startsWith("{"))
    throw new InvalidJobError(
      `${source.name} is a binary file of an unknown kind; give CSV, Parquet or JSONL`,
    );
  requireLineFeeds(source, text);
  const [before = "", delimiter] = PREAMBLE.exec(text) ?? [];
  const shape = shapeOf(text.slice(before.length), source.name);
  if (shape !== "csv") return { shape, packing, encoding, delimiter: "", skip: 0 };
  if (encoding === "utf-8") requireUtf8(source, plain);
  // Only the mark of UTF-8 stands before the text when it is read.
  const mark = before !== "" && plain.subarray(0, 3).equals(BOM) ? BOM.length : 0;
  const skip = mark + Buffer.byteLength(before);
  return { shape, packing, encoding, delimiter: delimiter ?? delimiterOf(text.slice(before.length)), skip };
}

const BOM = Buffer.from("\ufeff");
/** Excel's line that names the delimiter, and the one with which PowerShell 5's Export-Csv begins. */
const PREAMBLE = /^(?:sep=(.)|#TYPE [^\r\n]*)\r?\n/i;

function requireLineFeeds({ name }: InputSource, text: string): void {
  if (text.includes("\n") || !text.includes("\r") || /^\s*[{[]/.test(text)) return;
  throw new InvalidJobError(
    `${name} has lines that end in a carriage return alone, as on old Macs; save it as CSV UTF-8, or convert it: tr '\\r' '\\n' < FILE`,
  );
}

function refuseForeign({ name }: InputSource, head: Buffer): void {
  const foreign = foreignKind(head);
  if (foreign !== undefined) throw new InvalidJobError(`${name} ${foreign}`);
}

async function firstBytes(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    pieces.push(chunk);
    bytes += chunk.length;
    if (bytes >= HEAD_BYTES) break;
  }
  return Buffer.concat(pieces).subarray(0, HEAD_BYTES);
}

/** UTF-16 has a byte order mark, or zeros for every other byte of what is mostly ASCII. */
function encodingOf(head: Buffer): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  if (head.length < 4) return "utf-8";
  if (head[1] === 0 && head[3] === 0 && head[0] !== 0) return "utf-16le";
  if (head[0] === 0 && head[2] === 0 && head[1] !== 0) return "utf-16be";
  return "utf-8";
}

async function textOf(head: Buffer, encoding: Encoding): Promise<string> {
  const chunks: Uint8Array[] = [];
  const whole = (async function* () {
    yield head;
  })();
  for await (const chunk of inUtf8(whole, encoding)) chunks.push(chunk);
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/^\ufeff/, "");
}

function shapeOf(text: string, name: string): InputKind["shape"] {
  const start = text.trimStart();
  if (/^\[\s*([{\]]|null\b|$)/.test(start)) return "array";
  if (/^\[\s*(\[|"[^"\n]*"\s*[,\]]|-?\d)/.test(start) && !start.trimEnd().includes("\n["))
    throw new InvalidJobError(
      `${name} is a JSON array whose elements are no objects; give one object for each row, as pandas writes with orient="records"`,
    );
  if (start.startsWith("{")) {
    if (isPretty(start))
      throw new InvalidJobError(
        `${name} is JSON over several lines; JSONL has one object on each line, which this makes: jq -c . FILE (or jq -c '.[]' FILE for an array)`,
      );
    refuseByColumns(start, name);
    return "jsonl";
  }
  if (/[.-](csv|tsv|tab)(\.(gz|zst))?$/i.test(name)) return "csv";
  const lines = start.split("\n");
  const [first = ""] = lines;
  if (isJson(first) || lines.some((line) => line.startsWith("{") && isJson(line))) return "jsonl";
  if (lines.length > 1 && /[,;\t|]/.test(first)) return "csv";
  // The command's inbox has no such ending: what the bytes decide is decided there alike.
  if (/[.-](jsonl|ndjson|json)(\.(gz|zst))?$/i.test(name)) return "jsonl";
  if (start === "" || lines.some((line) => /^[{["\d]/.test(line))) return "jsonl";
  throw new InvalidJobError(
    `${name} is text, and neither JSON lines nor a table: give one JSON object on each line, or a CSV with a header (of one column: in a file whose name ends in .csv)`,
  );
}

/** pandas' `to_json` without `orient`, and with `orient="index"`: one object of objects, on one line. */
function refuseByColumns(start: string, name: string): void {
  if (!/^\{("(?:[^"\\]|\\.)*":\{"0":|"0":\{")/.test(start) || start.trimEnd().includes("\n")) return;
  throw new InvalidJobError(
    `${name} is a table by columns, as pandas writes it; write its rows: to_json(FILE, orient="records", lines=True)`,
  );
}

/** Whether an object ends on another line than it begins on. */
function isPretty(text: string): boolean {
  const [first = "", second = ""] = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const goesOn = /^["}\]]/.test(second) || (/^\s/.test(second) && !isJson(second));
  return goesOn && !isJson(first);
}

function requireUtf8({ name }: InputSource, head: Buffer): void {
  // A character may be cut by the end of the bytes read.
  for (let cut = 0; cut < 4; cut++) if (isUtf8(head.subarray(0, head.length - cut))) return;
  throw new InvalidJobError(
    `${name} is not in UTF-8; save it as CSV UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE`,
  );
}
