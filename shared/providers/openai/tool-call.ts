import { onOneLine, sourceAt } from "../../json/source.ts";
import { isJson, type Json } from "../../json/values.ts";
import type { ItemAnswer, JsonText } from "../provider.ts";

/** A call of a tool, its arguments as JSON text. */
export type ToolCallText = ItemAnswer["tool_calls"][number];

/**
 * The arguments: models write them as JSON text; some compatible servers give the value itself. What is no JSON, or free text,
 * becomes a string.
 * @param path where `target` stands in the body's text
 */
export function toolArguments(
  target: Json,
  isFreeText: boolean,
  source: JsonText,
  ...path: (string | number)[]
): JsonText {
  const name = isFreeText ? "input" : "arguments";
  const given = target[name];
  if (typeof given !== "string") return onOneLine(sourceAt(source, ...path, name) ?? "null");
  return !isFreeText && isJson(given) ? onOneLine(given.trim()) : JSON.stringify(given);
}
