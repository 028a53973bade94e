import { isObject, type Json } from "../../json/values.ts";
import type { JobSpec } from "../../models.ts";
import { InvalidItemError, type ItemSource } from "../format.ts";

/** Members that hold the schema of answers beside settings that an item may give: of these, members are merged. */
const SHARED = ["text", "output_config"];

/**
 * What a provider makes of a job's schema, made once for each schema.
 * @throws InvalidJobError when the provider cannot hold it
 */
export function oncePerSchema<T>(make: (schema: Json) => T): (schema: Json | undefined) => T | undefined {
  const made = new WeakMap<Json, T>();
  return (schema) => {
    if (!schema) return undefined;
    const known = made.get(schema) ?? make(schema);
    made.set(schema, known);
    return known;
  };
}

/**
 * A request body with an item's `extra` merged last. A `null` removes the key, as `BatchItem` says;
 * an `undefined` in the body stands for a key that is not sent.
 */
export function withExtra(body: Json, extra: Json): Json {
  const merged = { ...body, ...extra };
  if (Object.keys(extra).length === 0 && !Object.values(body).includes(undefined)) return merged;
  for (const key of SHARED) {
    if (isObject(body[key]) && isObject(extra[key]))
      Object.assign(merged, { [key]: { ...body[key], ...extra[key] } });
  }
  for (const key of Object.keys(merged)) {
    if (merged[key] === undefined || extra[key] === null) delete merged[key];
  }
  return merged;
}

/**
 * The object under `key` of a native line whose other keys are all known.
 * @throws InvalidItemError for an unknown key, or when there is no such object.
 */
export function nativeBody(line: Json, key: string, known: readonly string[]): Json {
  for (const name of Object.keys(line)) {
    // A key is named only when it is short: a stray one can be a piece of a prompt.
    if (!known.includes(name)) throw new InvalidItemError(name.slice(0, 64), "is not a key of a native line");
  }
  const body = line[key];
  if (!isObject(body)) throw new InvalidItemError(key, "must be an object");
  return body;
}

/**
 * Refuses what no batch takes: `stream: true`.
 * @throws InvalidItemError
 */
export function refuseStream(body: Json, field: string): void {
  if (body.stream !== undefined && body.stream !== null && body.stream !== false) {
    throw new InvalidItemError(`${field}stream`, "a batch cannot stream: remove it");
  }
}

/**
 * The text of an item for an endpoint that knows no chat.
 * @throws InvalidItemError when the item has more than a text
 */
export function plainText({ item }: ItemSource, spec: JobSpec, what: string): string | undefined {
  if (item.messages) throw new InvalidItemError("messages", `${what} takes user_message, not messages`);
  if (item.system || spec.system) throw new InvalidItemError("system", `${what} takes no system prompt`);
  return item.user_message;
}

/** @throws InvalidItemError when an item has another model than the job, and `title` allows one a batch */
export function refuseOtherModel({ item }: ItemSource, spec: JobSpec, title: string): void {
  if (item.model === undefined || item.model === spec.model) return;
  throw new InvalidItemError("model", `cannot differ from the job's model: ${title} allows one a batch`);
}

/** Content as a list of `{text}`, which Gemini and Converse take; parts in their own forms, and unknown ones, go through. */
export function textParts(content: unknown): unknown[] {
  if (typeof content === "string") return [{ text: content }];
  if (!Array.isArray(content)) return [];
  return content.map((part) => (isObject(part) && part.type === "text" ? { text: part.text } : part));
}

/**
 * An item as its system prompts, in such parts, and its chat. The job's prompt is for items without one.
 * @throws InvalidItemError when the item has nothing but system prompts
 */
export function systemAndChat({ item }: ItemSource, spec: JobSpec): { system: unknown[]; chat: Json[] } {
  const { system: leading, rest } = splitLeadingSystem(item.messages ?? []);
  if (item.messages && rest.length === 0) {
    throw new InvalidItemError("messages", "needs at least one message that is not a system prompt");
  }
  const first = item.system === undefined ? [] : [{ text: item.system }];
  const own = [...first, ...leading.flatMap((message) => textParts(message.content))];
  const system = own.length > 0 || !spec.system ? own : [{ text: spec.system }];
  return { system, chat: item.messages ? rest : [{ role: "user", content: item.user_message }] };
}

/** Texts of the system prompts that lead a list of chat messages, and what follows them. */
export function splitLeadingSystem(messages: readonly Json[]): { system: Json[]; rest: Json[] } {
  const first = messages.findIndex((message) => message.role !== "system" && message.role !== "developer");
  const count = first === -1 ? messages.length : first;
  return { system: messages.slice(0, count), rest: messages.slice(count) };
}
