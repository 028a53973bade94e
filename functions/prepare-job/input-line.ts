/** From a line of the input to an item: which format it has, and whether it is valid. */
import type * as z from "zod";
import { messageOf } from "../../shared/errors.ts";
import { keepSources } from "../../shared/json/kept-source.ts";
import { sourceAt, withoutLineEnds } from "../../shared/json/source.ts";
import { isObject, type Json } from "../../shared/json/values.ts";
import { BatchItem, firstProblem, type JobSpec } from "../../shared/models.ts";
import { nearName } from "../../shared/near-name.ts";
import type { RequestSource } from "../../shared/providers/format.ts";
import { nativeTo } from "../../shared/providers/formats.ts";
import { isLongInteger, parseLine as parseJson } from "../../shared/streams/jsonl.ts";
import type { LineObject } from "../../shared/streams/row-texts.ts";
import type { Utf8Text } from "../../shared/streams/utf8-text.ts";

/** Names of the fields of an item. */
const FIELDS = [...Object.keys(BatchItem.shape), "metadata"];

/** A line that can be sent, or what is wrong with it: field and problem, never its content. */
export type ParsedLine = { custom_id: string; input?: string | Utf8Text | undefined } & (
  | { source: RequestSource }
  | { problem: string }
);

/** The line's JSON object, or what is wrong with it. What it passes on to the provider keeps its text. */
export function parseObject(bytes: Buffer): LineObject | { problem: string } {
  try {
    const { value, text } = parseJson(bytes);
    if (!isObject(value)) return { problem: "not a JSON object; each line is one object" };
    // An element of an array may stand on several lines, and a request must not.
    const line = withoutLineEnds(text);
    keepSources(value, line);
    return { object: value, text: line };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/** Whether a line has only blanks: it is no item. */
export function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  return true;
}

/** Finds the format of a line and checks it as far as the job's provider is not needed for it. */
export function parseLine(line: LineObject, spec: JobSpec): ParsedLine {
  const { text } = line;
  const object = withoutNulls(line.object);
  const native = nativeTo(object, spec.provider);
  const custom_id = idOf(object.custom_id ?? (native && nativeId(object)), text);
  if (native && native !== spec.provider) {
    return {
      custom_id,
      problem: `this is a line in ${native}'s own format, and the job's provider is ${spec.provider}`,
    };
  }
  if (custom_id === "") {
    const problem =
      object.custom_id === undefined ? "missing" : "must be a string of 1 or more characters, or a number";
    return { custom_id, problem: `custom_id: ${problem}` };
  }
  if (native) return { custom_id, source: { kind: "native", line: object } };
  return parseItem({ object, text }, custom_id, spec);
}

/** The members that are there: many writers put null for what a row does not have. */
function withoutNulls(object: Json): Json {
  if (!Object.values(object).includes(null)) return object;
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

/** The id of a line that is Bedrock's or Gemini's own. */
const nativeId = ({ recordId, key }: Json) => recordId ?? key;

/** An id as text; that of a number is its digits as they are written. */
function idOf(id: unknown, text: string): string {
  if (typeof id === "string") return id;
  const isNumber = typeof id === "number" || isLongInteger(id);
  return isNumber ? (sourceAt(text, "custom_id") ?? "") : "";
}

function parseItem({ object, text }: LineObject, custom_id: string, spec: JobSpec): ParsedLine {
  const { user_message } = object;
  if (typeof user_message === "string" && user_message !== "" && isPlain(object)) {
    const item = { custom_id, user_message, ...itemSettings(spec) };
    // As it is written, unless that takes more bytes: Python escapes what is not ASCII.
    const written = text.includes("\\u") ? null : sourceAt(text, "user_message");
    const prompt = written ?? JSON.stringify(user_message);
    const temperature_set = spec.defaults.temperature !== undefined;
    return { custom_id, source: { kind: "item", item, temperature_set, prompt } };
  }
  const { extra, ...defaults } = spec.defaults;
  const { metadata, ...own } = object;
  const settings: Json = { ...defaults, ...own, custom_id };
  if (extra) settings.extra = mergedExtra(extra, object.extra);
  if (metadata !== undefined && !isObject(metadata))
    return { custom_id, problem: "metadata: must be an object" };
  const input = metadata && (sourceAt(text, "metadata") ?? undefined);
  const result = BatchItem.safeParse(settings);
  if (!result.success) return { custom_id, input, problem: problemOf(result.error) };
  // The check copies messages; the line's own have their text.
  const item = object.messages ? { ...result.data, messages: object.messages as ItemMessages } : result.data;
  const temperature_set = settings.temperature !== undefined;
  return { custom_id, input, source: { kind: "item", item, temperature_set } };
}

/** What is wrong with an item; of an unknown field also the name that was probably meant. */
function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const unknown = issue?.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : [];
  const near = unknown.length === 1 ? nearName(unknown[0] ?? "", FIELDS) : undefined;
  return near === undefined ? firstProblem(error) : `${firstProblem(error)}; did you mean ${near}?`;
}

/** Whether a line is a prompt and its id, as most are: nothing in it is left to be checked. */
function isPlain(object: Json): boolean {
  for (const name in object) if (name !== "custom_id" && name !== "user_message") return false;
  return true;
}

type ItemSettings = Omit<BatchItem, "custom_id" | "user_message" | "messages">;
const settingsOf = new WeakMap<JobSpec, ItemSettings>();

/** The settings of items that give none of their own. */
export function itemSettings(spec: JobSpec): ItemSettings {
  let settings = settingsOf.get(spec);
  if (!settings) {
    const item = BatchItem.parse({ custom_id: "x", user_message: "x", ...spec.defaults });
    const { custom_id: _, user_message: __, messages: ___, ...rest } = item;
    settings = rest;
    settingsOf.set(spec, settings);
  }
  return settings;
}

type ItemMessages = BatchItem["messages"];

function mergedExtra(defaults: Json, own: unknown): unknown {
  if (own === undefined) return defaults;
  return isObject(own) ? { ...defaults, ...own } : own;
}
