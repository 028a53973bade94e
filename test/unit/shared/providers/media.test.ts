import { expect, test } from "vitest";
import { BatchItem, JobSpec } from "../../../../shared/models.ts";
import { unseenIn } from "../../../../shared/money/unseen.ts";
import { formatOf } from "../../../../shared/providers/formats.ts";

const PNG = "data:image/png;base64,iVBORw0KGgo=";
const PDF = "data:application/pdf;base64,JVBERi0=";
const text = { type: "text", text: "What is it?" };
const image = (url: string) => ({ type: "image", image: url });
const document = (url: string) => ({ type: "document", document: url });

/** The content that a provider gets for the parts. */
function contentOf(settings: object, ...parts: object[]) {
  const spec = JobSpec.parse(settings);
  const item = BatchItem.parse({ custom_id: "a", messages: [{ role: "user", content: parts }] });
  const body = formatOf(spec.provider).body({ kind: "item", item, temperature_set: true }, spec);
  const turns = (body.messages ?? body.input) as { content: unknown }[];
  return turns[0]?.content;
}

const CHAT = { provider: "openai", model: "gpt-4.1-mini" };
const RESPONSES = { ...CHAT, endpoint: "/v1/responses" };
const ANTHROPIC = { provider: "anthropic", model: "claude-haiku-4-5" };

test("each provider gets pictures in its own way", () => {
  expect(contentOf(CHAT, image("https://x/a.png"), text)).toEqual([
    { type: "image_url", image_url: { url: "https://x/a.png" } },
    text,
  ]);
  expect(contentOf(RESPONSES, image(PNG), text)).toEqual([
    { type: "input_image", image_url: PNG },
    { type: "input_text", text: "What is it?" },
  ]);
  expect(contentOf(ANTHROPIC, image(PNG), image("https://x/a.png"), text)).toEqual([
    { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
    { type: "image", source: { type: "url", url: "https://x/a.png" } },
    text,
  ]);
});

test("and documents", () => {
  expect(contentOf(CHAT, document(PDF))).toEqual([
    { type: "file", file: { filename: "document.pdf", file_data: PDF } },
  ]);
  expect(() => contentOf(CHAT, document("https://x/a.pdf"))).toThrow(
    "chat completions take no URL of a document",
  );
  expect(contentOf(RESPONSES, document("https://x/a.pdf"))).toEqual([
    { type: "input_file", file_url: "https://x/a.pdf" },
  ]);
  expect(contentOf(ANTHROPIC, document(PDF))).toEqual([
    { type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" } },
  ]);
});

const PHOTO = "https://x/a.JPG?size=2";

test("Gemini names each media type", () => {
  const gemini = { provider: "gemini", model: "gemini-2.5-flash" };
  const partsOf = (...parts: object[]) => {
    const spec = JobSpec.parse(gemini);
    const item = BatchItem.parse({ custom_id: "a", messages: [{ role: "user", content: parts }] });
    const body = formatOf("gemini").body({ kind: "item", item, temperature_set: true }, spec);
    return (body.contents as { parts: unknown }[])[0]?.parts;
  };
  expect(partsOf(image(PNG), image(PHOTO), document(PDF), document("https://x/d"), text)).toEqual([
    { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } },
    { fileData: { fileUri: PHOTO, mimeType: "image/jpeg" } },
    { inlineData: { mimeType: "application/pdf", data: "JVBERi0=" } },
    { fileData: { fileUri: "https://x/d", mimeType: "application/pdf" } },
    { text: "What is it?" },
  ]);
  expect(() => partsOf(image("https://x/a"))).toThrow("Gemini needs the type of a file behind a URL");
});

test("Bedrock takes bytes alone", () => {
  const bedrock = { provider: "bedrock", model: "amazon.nova-lite-v1:0" };
  expect(contentOf(bedrock, image(PNG), document(PDF), text)).toEqual([
    { image: { format: "png", source: { bytes: "iVBORw0KGgo=" } } },
    { document: { format: "pdf", name: "document", source: { bytes: "JVBERi0=" } } },
    { text: "What is it?" },
  ]);
  expect(() => contentOf(bedrock, image(PHOTO))).toThrow("Amazon Bedrock takes no URL");
  expect(() => contentOf(bedrock, image("data:image/tiff;base64,SUkq"))).toThrow("and this is image/tiff");
});

test("Mistral takes the URL of a document", () => {
  const mistral = { provider: "mistral", model: "mistral-small-latest" };
  expect(contentOf(mistral, image(PHOTO), document("https://x/d.pdf"), document(PDF))).toEqual([
    { type: "image_url", image_url: { url: PHOTO } },
    { type: "document_url", document_url: "https://x/d.pdf" },
    { type: "document_url", document_url: PDF },
  ]);
});

test.each(["gemini", "bedrock", "mistral", "anthropic", "openai"])(
  "%s: a cap counts pictures and documents as things that it cannot see, and none of their bytes",
  (provider) => {
    const spec = JobSpec.parse({ provider, model: "m" });
    const content = [image(PNG), document(PDF), text];
    const item = BatchItem.parse({ custom_id: "a", messages: [{ role: "user", content }] });
    const body = formatOf(spec.provider).body({ kind: "item", item, temperature_set: true }, spec);
    const { kinds, characters } = unseenIn(body);
    expect(kinds.sort()).toEqual(["file", "image"]);
    expect(characters).toBeGreaterThanOrEqual("iVBORw0KGgo=JVBERi0=".length);
  },
);

test("a provider's own parts go through as they are", () => {
  const own = { type: "image", source: { type: "url", url: "https://x" } };
  expect(contentOf(ANTHROPIC, own)).toEqual([own]);
});
