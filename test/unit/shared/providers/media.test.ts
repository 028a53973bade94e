import { expect, test } from "vitest";
import { BatchItem, JobSpec } from "../../../../shared/models.ts";
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

test("a provider's own parts go through as they are", () => {
  const own = { type: "image", source: { type: "url", url: "https://x" } };
  expect(contentOf(ANTHROPIC, own)).toEqual([own]);
});
