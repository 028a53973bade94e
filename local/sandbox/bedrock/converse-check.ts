import type { Json } from "../../../shared/json/values.ts";
import { nameSet } from "../../../shared/name-set.ts";

/** Members of a Converse request, by the service model of bedrock-runtime; a record has no `modelId`. */
const MEMBERS = nameSet(`
  messages system inferenceConfig guardrailConfig additionalModelRequestFields promptVariables
  additionalModelResponseFieldPaths requestMetadata projectIdentifier performanceConfig serviceTier
  outputConfig
`);

const BLOCKS = nameSet(`
  text image document video audio toolUse toolResult guardContent cachePoint reasoningContent
  citationsContent searchResult
`);

/** Why a Converse record is refused, or null. `ownBody`: a model's own body may have more members. */
export function converseProblem(input: Json, ownBody = false): string | null {
  if (!ownBody) {
    if (input["toolConfig"] !== undefined)
      return "toolConfig is not supported in a batch of the type Converse.";
    const extra = Object.keys(input).find((name) => !MEMBERS.has(name));
    if (extra !== undefined) return `${extra}: Extra inputs are not permitted`;
  }
  const { messages } = input;
  if (!Array.isArray(messages) || messages.length === 0) return "messages: required key not found";
  for (const [at, message] of messages.entries()) {
    const found = messageProblem(`messages[${at}]`, message ?? {});
    if (found) return found;
  }
  const { maxTokens } = (input["inferenceConfig"] ?? {}) as { maxTokens?: unknown };
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && Number(maxTokens) >= 1)) {
    return "inferenceConfig.maxTokens: must be a whole number of at least 1";
  }
  return null;
}

function messageProblem(where: string, { role, content }: Json): string | null {
  if (role !== "user" && role !== "assistant") return `${where}.role: must be user or assistant`;
  if (!Array.isArray(content) || content.length === 0) return `${where}.content: must be a list of blocks`;
  for (const [at, block] of content.entries()) {
    const names = Object.keys(block ?? {});
    if (names.length !== 1 || !BLOCKS.has(names[0] as string))
      return `${where}.content[${at}]: no such kind of block`;
    if (block.text === "") return `${where}.content[${at}]: The text field is blank.`;
  }
  return null;
}
