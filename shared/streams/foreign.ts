/** Kinds of files that are no input, recognized by their first bytes; what each is, and what to do. */

/** Bytes that a kind of file has, and where. */
interface Signature {
  at?: number;
  bytes: string;
  what: string;
}

const CONVERT = "convert it to CSV, Parquet or JSONL";
const UNPACK = "unpack it and give the file inside";
const PICKLE = "is a Python pickle; write it as Parquet: to_parquet(…)";
const PICTURE = "is a picture; give a table with a row for each picture, and its URL in a column";

/** In Latin-1. The first that fits counts. */
const SIGNATURES: readonly Signature[] = [
  { bytes: "PARE", what: "is a Parquet file with an encrypted footer; write it without encryption" },
  { bytes: "\xd0\xcf\x11\xe0", what: "is an old Excel or Office file; save it as CSV UTF-8" },
  { at: 257, bytes: "ustar", what: `is a tar archive; ${UNPACK}` },
  { bytes: "ORC", what: `is an ORC file; ${CONVERT}, as with DuckDB or pyarrow` },
  { bytes: "Obj\x01", what: `is an Avro file; ${CONVERT}, as with DuckDB or fastavro` },
  { bytes: "ARROW1", what: "is an Arrow (Feather) file; write it as Parquet: pyarrow.parquet.write_table" },
  {
    bytes: "\xff\xff\xff\xff",
    what: "is an Arrow stream, as datasets' save_to_disk writes; write it as Parquet: dataset.to_parquet(…)",
  },
  { bytes: "FEA1", what: "is a Feather file; write it as Parquet: pandas.read_feather(…).to_parquet(…)" },
  { bytes: "SQLite format 3", what: "is an SQLite database; export the table as CSV: sqlite3 -csv -header" },
  { at: 8, bytes: "DUCK", what: "is a DuckDB database; export the table: COPY t TO 'FILE.parquet'" },
  { bytes: "\x80\x04\x95", what: PICKLE },
  { bytes: "\x80\x05\x95", what: PICKLE },
  { bytes: "\x89HDF", what: `is an HDF5 file; ${CONVERT}` },
  { bytes: "%PDF", what: "is a PDF; give a table with a row for each document, and its URL in a column" },
  { bytes: "BZh", what: "is packed with bzip2; pack it with gzip or zstd" },
  { bytes: "\xfd7zXZ", what: "is packed with xz; pack it with gzip or zstd" },
  { bytes: "\x04\x22\x4d\x18", what: "is packed with lz4; pack it with gzip or zstd" },
  { bytes: "\xff\x06\x00\x00sNaPpY", what: "is packed with snappy; pack it with gzip or zstd" },
  { bytes: "7z\xbc\xaf\x27\x1c", what: `is a 7-Zip archive; ${UNPACK}` },
  { bytes: "Rar!", what: `is a RAR archive; ${UNPACK}` },
  { bytes: "\xff\xfe\x00\x00", what: "is text in UTF-32; save it as UTF-8" },
  { bytes: "\x00\x00\xfe\xff", what: "is text in UTF-32; save it as UTF-8" },
  { bytes: "\x89PNG", what: PICTURE },
  { bytes: "\xff\xd8\xff", what: PICTURE },
];

/** What a file that begins so is and what to do, when it is surely no input; else undefined. */
export function foreignKind(head: Buffer): string | undefined {
  const text = head.toString("latin1");
  if (text.startsWith("PK\x03\x04") || text.startsWith("PK\x05\x06")) {
    return text.includes("[Content_Types].xml") || text.includes("xl/")
      ? "is an Excel workbook (or another Office file); save the sheet as CSV UTF-8"
      : `is a ZIP archive; ${UNPACK}`;
  }
  const found = SIGNATURES.find(({ at = 0, bytes }) => text.startsWith(bytes, at));
  if (found) return found.what;
  if (/^\s*<[?!a-z]/i.test(text.replace("\xef\xbb\xbf", ""))) return `is XML or HTML; ${CONVERT}`;
  return undefined;
}
