/** What a request only points to: its tokens cannot be counted in it, so that a cap cannot see them. */
import { isObject, type Json } from "../json/values.ts";
import type { UnseenKind } from "../models.ts";
import { byName } from "../name-set.ts";

/** Members that point to something, wherever they stand in a body. */
const POINTERS = byName({
  image: "image_url",
  file: "file_url file_id file_data document_url",
  audio: "input_audio",
  conversation: "previous_response_id conversation",
  server_tool: "container mcp_servers web_search_options",
});
/** Types of parts that are such things, whatever they hold. */
const TYPES: ReadonlyMap<unknown, UnseenKind> = byName({
  image: "image_url input_image image",
  file: "input_file file container_upload",
  audio: "input_audio",
});
/** Tools that run at the provider, and put what they find into the input. */
const SERVER_TOOL =
  /^(web_search|web_fetch|file_search|code_interpreter|code_execution|mcp$|computer_use|image_generation|tool_search)/;
/** Members whose values describe data, with names that are not the API's. */
const DESCRIPTIONS: ReadonlySet<string> = new Set(["parameters", "input_schema", "schema", "metadata"]);

/** The things that a request points to, and the characters of them that stand in it: base64 is no text. */
export interface Unseen {
  kinds: UnseenKind[];
  characters: number;
}

/** Finds them in a request's body. */
export function unseenIn(body: Json): Unseen {
  const unseen: Unseen = { kinds: [], characters: 0 };
  if (isObject(body.prompt)) unseen.kinds.push("stored_prompt");
  for (const tool of Array.isArray(body.tools) ? body.tools : [])
    if (isObject(tool) && typeof tool.type === "string" && SERVER_TOOL.test(tool.type))
      unseen.kinds.push("server_tool");
  collect(body, unseen);
  return unseen;
}

function collect(value: unknown, unseen: Unseen): void {
  if (Array.isArray(value)) for (const member of value) collect(member, unseen);
  if (!isObject(value)) return;
  const kind = TYPES.get(value.type) ?? documentKind(value);
  if (kind) {
    add(kind, value, unseen);
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    if (typeof member !== "object" && typeof member !== "string") continue;
    const pointer = member === null ? undefined : (POINTERS.get(name) ?? blobKind(name, member));
    if (pointer) add(pointer, member, unseen);
    else if (!DESCRIPTIONS.has(name)) collect(member, unseen);
  }
}

/** Anthropic's documents: those of plain text or of blocks stand in the request, and are counted there. */
function documentKind({ type, source }: Json): UnseenKind | undefined {
  if (type !== "document" || !isObject(source)) return undefined;
  return source.type === "text" || source.type === "content" ? undefined : "file";
}

/** Gemini's and Bedrock's data, which have no type beside them. */
function blobKind(name: string, value: unknown): UnseenKind | undefined {
  if (!isObject(value)) return undefined;
  const kind = (isImage: boolean) => (isImage ? "image" : "file");
  if (name === "inlineData" || name === "fileData") return kind(/^image\//.test(String(value.mimeType)));
  const isBlock = typeof value.format === "string" && isObject(value.source);
  return isBlock && (name === "image" || name === "document") ? kind(name === "image") : undefined;
}

function add(kind: UnseenKind, value: unknown, unseen: Unseen): void {
  unseen.kinds.push(kind);
  unseen.characters += charactersIn(value);
}

function charactersIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, member) => sum + charactersIn(member), 0);
}
