import type { Prompt } from "../composer.ts";

/** What a chat completion or response request asks. */
export function promptOf(endpoint: string, body: Record<string, unknown>): Prompt {
  const messages = messagesOf(endpoint, body);
  const question = messages.findLast(({ role }) => role === "user")?.text ?? messages.at(-1)?.text ?? "";
  const most = body["max_completion_tokens"] ?? body["max_output_tokens"] ?? body["max_tokens"];
  return {
    question,
    texts: messages.map(({ text }) => text),
    json: jsonAsked(endpoint, body),
    max_tokens: typeof most === "number" ? most : undefined,
  };
}

/** The texts of an embeddings request. */
export function embeddingInputs(body: Record<string, unknown>): string[] {
  const input = body["input"];
  if (!Array.isArray(input)) return [String(input)];
  // A list of numbers is one input, given as tokens.
  if (typeof input[0] === "number") return [input.join(" ")];
  return input.map((one) => (Array.isArray(one) ? one.join(" ") : String(one)));
}

function messagesOf(endpoint: string, body: Record<string, unknown>): { role: string; text: string }[] {
  if (endpoint === "/v1/completions") return [{ role: "user", text: textOf(body["prompt"]) }];
  const given = endpoint === "/v1/responses" ? body["input"] : body["messages"];
  const messages: { role: string; text: string }[] = [];
  if (typeof body["instructions"] === "string") messages.push({ role: "system", text: body["instructions"] });
  if (typeof given === "string") messages.push({ role: "user", text: given });
  else if (Array.isArray(given)) {
    for (const message of given)
      messages.push({ role: String(message?.role), text: textOf(message?.content) });
  }
  return messages;
}

/** The text of a message's content; parts that are no text (images, files) count as their JSON. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content))
    return content === undefined || content === null ? "" : JSON.stringify(content);
  return content
    .map((part) => (typeof part?.text === "string" ? part.text : JSON.stringify(part)))
    .join("\n");
}

function jsonAsked(endpoint: string, body: Record<string, unknown>): Prompt["json"] {
  const text = body["text"] as { format?: unknown } | undefined;
  const format = (endpoint === "/v1/responses" ? text?.format : body["response_format"]) as
    | { type?: string; schema?: Record<string, unknown>; json_schema?: { schema?: Record<string, unknown> } }
    | undefined;
  if (format?.type === "json_object") return true;
  if (format?.type !== "json_schema") return undefined;
  return format.json_schema?.schema ?? format.schema ?? true;
}
