/** From a line of the input to an item: which of the three formats it has, and whether it is valid. */
import { messageOf } from "../../shared/errors.ts";
import { keepSources } from "../../shared/json/kept-source.ts";
import { BatchItem, firstProblem, type JobSpec } from "../../shared/models.ts";
import { nativeTo } from "../../shared/providers/formats.ts";
import type { RequestSource } from "../../shared/providers/provider.ts";
import { isObject } from "../../shared/providers/wire/json.ts";
import { parseLine as parseJson } from "../../shared/streams/jsonl.ts";

/** A line that can be sent, or what is wrong with it: field and problem, never its content. */
export type ParsedLine =
  | { custom_id: string; source: RequestSource }
  | { custom_id: string; problem: string };

/** The line's JSON object, or what is wrong with it. What it passes on to the provider keeps its text. */
export function parseObject(bytes: Buffer): { object: Record<string, unknown> } | { problem: string } {
  try {
    const { value, text } = parseJson(bytes);
    if (!isObject(value)) return { problem: "not a JSON object; each line is one object" };
    keepSources(value, text);
    return { object: value };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/** Whether a line has only blanks: it is no item. */
export function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  return true;
}

/** Tells the format of a line and checks it as far as the job's provider is not needed for it. */
export function parseLine(object: Record<string, unknown>, spec: JobSpec): ParsedLine {
  const id = object.custom_id;
  const custom_id = typeof id === "string" ? id : "";
  if (custom_id === "") {
    return {
      custom_id,
      problem:
        id === undefined ? "custom_id: missing" : "custom_id: must be a string of 1 or more characters",
    };
  }
  const native = nativeTo(object, spec.provider);
  if (native === spec.provider) return { custom_id, source: { kind: "native", line: object } };
  if (native) {
    return {
      custom_id,
      problem: `this is a line in ${native}'s own format, and the job's provider is ${spec.provider}`,
    };
  }
  return parseItem(object, custom_id, spec);
}

function parseItem(object: Record<string, unknown>, custom_id: string, spec: JobSpec): ParsedLine {
  const { extra, ...defaults } = spec.defaults;
  const settings: Record<string, unknown> = { ...defaults, ...object };
  if (extra) settings.extra = mergedExtra(extra, object.extra);
  const result = BatchItem.safeParse(settings);
  if (!result.success) return { custom_id, problem: firstProblem(result.error) };
  // The check copies messages; the line's own have their text.
  const item = object.messages ? { ...result.data, messages: object.messages as ItemMessages } : result.data;
  return {
    custom_id,
    source: { kind: "item", item, temperature_set: settings.temperature !== undefined },
  };
}

type ItemMessages = BatchItem["messages"];

function mergedExtra(defaults: Record<string, unknown>, own: unknown): unknown {
  if (own === undefined) return defaults;
  return isObject(own) ? { ...defaults, ...own } : own;
}
