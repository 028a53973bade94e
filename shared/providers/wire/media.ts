/**
 * Pictures and documents as one portable part of a message: `{"type": "image", "image": URL}` and `{"type": "document",
 * "document": URL}`, where a URL may be a data URL. Each provider's format writes it in its own way.
 */
import { isObject, type Json } from "../../json/values.ts";
import { InvalidItemError } from "../format.ts";

export interface MediaPart {
  kind: "image" | "document";
  url: string;
  /** Of a data URL. */
  data?: { mediaType: string; base64: string };
}

const DATA_URL = /^data:([^;,]+);base64,/i;

/**
 * The messages with each portable part written by `write`, and the texts beside it by `writeText`. Messages without such a
 * part are given as they are, and keep their source.
 */
export function withMedia<Message extends Json>(
  messages: readonly Message[],
  write: (part: MediaPart) => Json,
  writeText: (part: Json) => Json = (part) => part,
): Message[] {
  return messages.map((message) => {
    const { content } = message;
    if (!Array.isArray(content) || !content.some((part) => mediaOf(part))) return message;
    return {
      ...message,
      content: content.map((part) => {
        const media = mediaOf(part);
        if (media) return write(media);
        return isObject(part) && part.type === "text" ? writeText(part) : part;
      }),
    };
  });
}

function mediaOf(part: unknown): MediaPart | undefined {
  if (!isObject(part)) return undefined;
  const kind = part.type === "image" || part.type === "document" ? part.type : undefined;
  const url = kind && part[kind];
  if (kind === undefined || typeof url !== "string") return undefined;
  const mediaType = DATA_URL.exec(url)?.[1];
  if (mediaType === undefined) return { kind, url };
  return { kind, url, data: { mediaType, base64: url.slice(url.indexOf(",") + 1) } };
}

/** OpenAI's chat completions: a document must stand in the request. */
export function chatPart({ kind, url, data }: MediaPart): Json {
  if (kind === "image") return { type: "image_url", image_url: { url } };
  if (!data)
    throw new InvalidItemError(
      "document",
      "chat completions take no URL of a document: use /v1/responses, or a data URL",
    );
  return { type: "file", file: { filename: "document.pdf", file_data: url } };
}

/** OpenAI's responses. */
export function responsesPart({ kind, url, data }: MediaPart): Json {
  if (kind === "image") return { type: "input_image", image_url: url };
  return data
    ? { type: "input_file", filename: "document.pdf", file_data: url }
    : { type: "input_file", file_url: url };
}

/** A text beside such a part, for OpenAI's responses. */
export const responsesText = (part: Json): Json => ({ ...part, type: "input_text" });

/** Anthropic's messages. */
export function anthropicPart({ kind, url, data }: MediaPart): Json {
  const source = data
    ? { type: "base64", media_type: data.mediaType, data: data.base64 }
    : { type: "url", url };
  return { type: kind, source };
}

/** Mistral's chat completions: a document by its URL, which may be a data URL. */
export function mistralPart(part: MediaPart): Json {
  return part.kind === "image" ? chatPart(part) : { type: "document_url", document_url: part.url };
}

/** What a URL leads to, by its ending. */
const MEDIA_TYPES = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["gif", "image/gif"],
  ["heic", "image/heic"],
  ["pdf", "application/pdf"],
]);

/** Gemini's parts, each of which names its media type. https://ai.google.dev/gemini-api/docs/file-input-methods */
export function geminiPart({ kind, url, data }: MediaPart): Json {
  if (data) return { inlineData: { mimeType: data.mediaType, data: data.base64 } };
  const ending = /\.(\w+)$/.exec(URL.parse(url)?.pathname ?? "")?.[1]?.toLowerCase() ?? "";
  const mimeType = kind === "document" ? "application/pdf" : MEDIA_TYPES.get(ending);
  if (mimeType === undefined)
    throw new InvalidItemError(
      kind,
      "Gemini needs the type of a file behind a URL: give a URL that ends in .png, .jpg, .webp or .gif, or a data URL",
    );
  return { fileData: { fileUri: url, mimeType } };
}

/** Pictures that Converse takes: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html */
const CONVERSE_IMAGE = /^image\/(png|jpeg|gif|webp)$/;

/** A block of Bedrock's Converse: bytes alone, in base64. */
export function conversePart({ kind, data }: MediaPart): Json {
  if (!data)
    throw new InvalidItemError(
      kind,
      "Amazon Bedrock takes no URL: give a data URL, or a path beside the file",
    );
  const source = { bytes: data.base64 };
  if (kind === "document") return { document: { format: "pdf", name: "document", source } };
  const format = CONVERSE_IMAGE.exec(data.mediaType)?.[1];
  if (format === undefined)
    throw new InvalidItemError(
      kind,
      `Amazon Bedrock takes PNG, JPEG, GIF and WebP, and this is ${data.mediaType.slice(0, 64)}`,
    );
  return { image: { format, source } };
}
