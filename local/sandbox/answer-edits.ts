/** Answers as no one wants them: changes to an answer's body, whatever the provider's form. */
import { isObject, type Json } from "../../shared/json/values.ts";

/** The answer inside a result line of any provider, changed; a line without one stays as it is. */
export function editLine(line: string, edit: (body: Json) => void): string {
  const parsed = JSON.parse(line) as Json;
  const body =
    at(parsed, "response", "body") ??
    at(parsed, "result", "message") ??
    at(parsed, "modelOutput") ??
    at(parsed, "response");
  if (body) edit(body);
  return JSON.stringify(parsed);
}

/** All of `max_tokens` was used for thinking: there is no text. */
export function empty(body: Json): void {
  change(body, () => "", "length");
}

/** Text of 6,000 brackets: JSON.parse reads it, JSON.stringify does not write it again. */
export function deep(body: Json): void {
  const text = "[".repeat(6000) + "]".repeat(6000);
  change(body, () => text);
}

/** Token counts above what a whole number can be. */
export function absurd(body: Json): void {
  const usage = at(body, "usage") ?? at(body, "usageMetadata");
  const counted = Object.entries(usage ?? {}).filter(([, value]) => typeof value === "number" && value > 0);
  if (usage) Object.assign(usage, Object.fromEntries(counted.map(([name]) => [name, 1e22])));
}

function change(body: Json, text: () => string, cut?: "length"): void {
  for (const choice of list(body["choices"])) {
    const message = at(choice, "message");
    if (message) message["content"] = text();
    if (cut) choice["finish_reason"] = "length";
  }
  if (Array.isArray(body["output"])) {
    body["output"] = cut ? list(body["output"]).filter(({ type }) => type === "reasoning") : body["output"];
    for (const item of list(body["output"])) setTexts(item["content"], text);
    if (cut) {
      body["status"] = "incomplete";
      body["incomplete_details"] = { reason: "max_output_tokens" };
    }
  }
  if (Array.isArray(body["content"])) {
    if (cut) Object.assign(body, { content: [], stop_reason: "max_tokens" });
    else setTexts(body["content"], text);
  }
  for (const candidate of list(body["candidates"])) {
    if (cut) Object.assign(candidate, { content: { role: "model" }, finishReason: "MAX_TOKENS" });
    else setTexts(at(candidate, "content")?.["parts"], text);
  }
  const message = at(body, "output", "message");
  if (message && cut)
    Object.assign(message, { content: [] }) && Object.assign(body, { stopReason: "max_tokens" });
  else setTexts(message?.["content"], text);
}

function setTexts(parts: unknown, text: () => string): void {
  for (const part of list(parts)) if (typeof part["text"] === "string") part["text"] = text();
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function at(value: unknown, ...path: string[]): Json | undefined {
  const [name, ...rest] = path;
  if (!isObject(value)) return undefined;
  return name === undefined ? value : at(value[name], ...rest);
}
