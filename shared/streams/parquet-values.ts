/** Values of Parquet columns as exact texts: hyparquet's own conversion rounds decimals and timestamps to doubles. */
import { isUtf8 } from "node:buffer";
import type { SchemaElement } from "hyparquet";
import { parseFloat16 } from "hyparquet/src/convert.js";
import type { Text } from "./utf8-text.ts";

/** How the values of a column become texts. */
export interface ColumnText {
  /** Whether the texts are JSON: numbers, true, false. */
  isJson: boolean;
  toText(value: unknown): string;
  /** Of byte arrays: the same, or the very bytes where they are the text. */
  toCell?(value: Buffer): Text;
}

/** Digits behind a decimal's point: writers have at most 76. */
const MOST_SCALE = 1000;

type Value = number | bigint | boolean | Uint8Array;

/** The texts of a column, or why it has none. */
export function columnText(element: SchemaElement): ColumnText | { problem: string } {
  const { type, converted_type: converted, logical_type: logical } = element;
  const kind = logical?.type ?? converted;
  const text = (toText: (value: Value) => string, isJson = false) => ({
    isJson,
    toText: toText as (value: unknown) => string,
  });
  if (
    kind === "INTERVAL" ||
    kind === "BSON" ||
    kind === "VARIANT" ||
    kind === "GEOMETRY" ||
    kind === "GEOGRAPHY"
  )
    return { problem: `is of type ${kind}` };
  if (kind === "DECIMAL" && Math.abs(element.scale ?? 0) > MOST_SCALE)
    return { problem: `is a decimal of scale ${element.scale}` };
  if (kind === "DECIMAL") return text((value) => decimal(value, element.scale ?? 0), true);
  if (kind === "DATE") return text(date);
  const ticks = ticksPerSecond(element);
  if (kind?.startsWith("TIMESTAMP")) {
    const isUtc = logical?.type === "TIMESTAMP" ? logical.isAdjustedToUTC : true;
    return text((value) => timestamp(BigInt(value as bigint), ticks) + (isUtc ? "Z" : ""));
  }
  if (kind?.startsWith("TIME")) return text((value) => timestamp(BigInt(value as bigint), ticks).slice(11));
  switch (type) {
    case "BOOLEAN":
      return text(String, true);
    case "INT32":
      return text(isUnsigned(element) ? (value) => String(Number(value) >>> 0) : String, true);
    case "INT64":
      return text(
        isUnsigned(element) ? (value) => String(BigInt.asUintN(64, value as bigint)) : String,
        true,
      );
    case "INT96":
      return text((value) => timestamp(int96Nanoseconds(value as bigint), 1_000_000_000n));
    case "FLOAT":
      return text((value) => float32(value as number), true);
    case "DOUBLE":
      return text(String, true);
    case "BYTE_ARRAY":
      return {
        ...text((value) => textOrBase64(value as Uint8Array)),
        toCell: (value) => (isUtf8(value) ? value : value.toString("base64")),
      };
    case "FIXED_LEN_BYTE_ARRAY":
      if (kind === "FLOAT16") return text((value) => String(parseFloat16(value as Uint8Array)), true);
      return text(kind === "UUID" ? uuid : (value) => Buffer.from(value as Uint8Array).toString("base64"));
    default:
      return { problem: "is nested" };
  }
}

function isUnsigned({ converted_type, logical_type }: SchemaElement): boolean {
  return (logical_type?.type === "INTEGER" && !logical_type.isSigned) || !!converted_type?.startsWith("UINT");
}

/** An unscaled whole number, or its bytes as big-endian two's complement, with its decimal point. */
function decimal(value: Value, scale: number): string {
  const unscaled = value instanceof Uint8Array ? wholeNumber(value) : BigInt(value as bigint);
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  const sign = unscaled < 0n ? "-" : "";
  return sign + digits.slice(0, point) + (scale > 0 ? `.${digits.slice(point)}` : "");
}

function wholeNumber(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes).toString("hex");
  return hex === "" ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`));
}

/** Days since 1970 as a date. DuckDB's `infinity` is none that a Date can hold, and is written as what is stored. */
function date(days: Value): string {
  const day = new Date(Number(days) * 86_400_000);
  return Number.isNaN(day.getTime()) ? String(days) : day.toISOString().replace(/T.*$/, "");
}

/** Nanoseconds since 1970: the upper 32 bits are a Julian day, the lower 64 the nanoseconds of the day. */
function int96Nanoseconds(value: bigint): bigint {
  return ((value >> 64n) - 2_440_588n) * 86_400_000_000_000n + (value & 0xffff_ffff_ffff_ffffn);
}

function ticksPerSecond({ converted_type, logical_type }: SchemaElement): bigint {
  const unit = logical_type && "unit" in logical_type ? logical_type.unit : undefined;
  if (unit === "NANOS") return 1_000_000_000n;
  return unit === "MICROS" || converted_type?.endsWith("MICROS") ? 1_000_000n : 1_000n;
}

/** ISO 8601, with a fraction of a second only where there is one. */
function timestamp(ticks: bigint, perSecond: bigint): string {
  const fraction = ((ticks % perSecond) + perSecond) % perSecond;
  const seconds = (ticks - fraction) / perSecond;
  const date = new Date(Number(seconds) * 1000);
  // Years that a Date cannot hold are written as what is stored.
  if (Number.isNaN(date.getTime())) return String(ticks);
  const digits = fraction
    .toString()
    .padStart(perSecond.toString().length - 1, "0")
    .replace(/0+$/, "");
  return date.toISOString().slice(0, -5) + (digits === "" ? "" : `.${digits}`);
}

/** The shortest text that is the same number in 32 bits. */
function float32(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

function textOrBase64(value: Uint8Array): string {
  const bytes = Buffer.isBuffer(value)
    ? value
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return isUtf8(bytes) ? bytes.toString("utf8") : bytes.toString("base64");
}

function uuid(value: Value): string {
  const hex = Buffer.from(value as Uint8Array).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
