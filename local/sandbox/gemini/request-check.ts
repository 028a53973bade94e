import type { GenerateContentConfig, Part } from "@google/genai";
import type { Json } from "../../../shared/json/values.ts";
import { type NamesIn, nameSet, namesOf } from "../../../shared/name-set.ts";
import { kindOf } from "../model-names.ts";

const REQUEST = nameSet(`
  model contents systemInstruction system_instruction generationConfig tools toolConfig safetySettings
  cachedContent labels serviceTier store
`);

const EMBEDDING = new Set(["model", "content", "taskType", "title", "outputDimensionality"]);

/** Fields of the SDK's config that the API takes beside `generationConfig`, or that are the SDK's own. */
type NotGeneration = NamesIn<`
  httpOptions abortSignal systemInstruction safetySettings tools toolConfig labels cachedContent
  automaticFunctionCalling shouldReturnHttpResponse modelSelectionConfig routingConfig serviceTier
  modelArmorConfig audioTimestamp
`>;

const GENERATION = namesOf<Exclude<keyof GenerateContentConfig, NotGeneration>, never>()(`
  temperature topP topK candidateCount maxOutputTokens stopSequences responseLogprobs logprobs
  presencePenalty frequencyPenalty seed responseMimeType responseSchema responseJsonSchema
  responseModalities mediaResolution speechConfig thinkingConfig imageConfig enableEnhancedCivicAnswers
`);

const PART = namesOf<keyof Part, never>()(`
  text inlineData fileData functionCall functionResponse executableCode codeExecutionResult thought
  thoughtSignature videoMetadata mediaResolution
`);

/** Why Google would answer 400 to a request, or null. */
export function problemOf(model: string, request: Json, kind: "chat" | "embedding"): string | null {
  if (kindOf(model) !== kind) {
    const method = kind === "chat" ? "generateContent" : "embedContent";
    return `models/${model} is not supported for ${method}.`;
  }
  if (kind === "embedding") {
    return unknown("", request, EMBEDDING) ?? (request["content"] ? null : "content is required");
  }
  const config = request["generationConfig"];
  return (
    unknown("", request, REQUEST) ??
    unknown("generation_config", (config ?? {}) as Json, GENERATION) ??
    badContents(request["contents"])
  );
}

function unknown(at: string, value: Json, known: ReadonlySet<string>): string | null {
  const name = Object.keys(value).find((one) => !known.has(one));
  if (name === undefined) return null;
  const where = at ? ` at '${at}'` : "";
  return `Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.`;
}

function badContents(contents: unknown): string | null {
  if (!Array.isArray(contents) || contents.length === 0)
    return "* GenerateContentRequest.contents: contents is not specified";
  for (const [at, content] of contents.entries()) {
    const { role, parts } = (content ?? {}) as { role?: unknown; parts?: unknown };
    if (role !== undefined && role !== "user" && role !== "model") {
      return "Please use a valid role: user, model.";
    }
    if (!Array.isArray(parts) || parts.length === 0) {
      return `* GenerateContentRequest.contents[${at}].parts: contents.parts must not be empty.`;
    }
    for (const [index, part] of parts.entries()) {
      const found = unknown(`contents[${at}].parts[${index}]`, part ?? {}, PART);
      if (found) return found;
    }
  }
  return null;
}
