/** The parameters that OpenAI's endpoints take, by the SDK's types: a name that is not here does not compile there. */
import type OpenAI from "openai";

type Chat = OpenAI.Chat.ChatCompletionCreateParamsNonStreaming;
type Response = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type ChatPart = OpenAI.Chat.ChatCompletionContentPart | OpenAI.Chat.ChatCompletionContentPartRefusal;

const CHAT: Record<keyof Chat, true> = {
  messages: true,
  model: true,
  audio: true,
  frequency_penalty: true,
  function_call: true,
  functions: true,
  logit_bias: true,
  logprobs: true,
  max_completion_tokens: true,
  max_tokens: true,
  metadata: true,
  modalities: true,
  moderation: true,
  n: true,
  parallel_tool_calls: true,
  prediction: true,
  presence_penalty: true,
  prompt_cache_key: true,
  prompt_cache_options: true,
  prompt_cache_retention: true,
  reasoning_effort: true,
  response_format: true,
  safety_identifier: true,
  seed: true,
  service_tier: true,
  stop: true,
  store: true,
  stream: true,
  stream_options: true,
  temperature: true,
  tool_choice: true,
  tools: true,
  top_logprobs: true,
  top_p: true,
  user: true,
  verbosity: true,
  web_search_options: true,
};

const RESPONSES: Record<keyof Response, true> = {
  access_programs: true,
  background: true,
  context_management: true,
  conversation: true,
  image: true,
  include: true,
  input: true,
  instructions: true,
  max_output_tokens: true,
  max_tool_calls: true,
  metadata: true,
  model: true,
  moderation: true,
  parallel_tool_calls: true,
  previous_response_id: true,
  prompt: true,
  prompt_cache_key: true,
  prompt_cache_options: true,
  prompt_cache_retention: true,
  reasoning: true,
  safety_identifier: true,
  service_tier: true,
  store: true,
  stream: true,
  stream_options: true,
  temperature: true,
  text: true,
  tool_choice: true,
  tools: true,
  top_logprobs: true,
  top_p: true,
  truncation: true,
  user: true,
};

const EMBEDDINGS: Record<keyof OpenAI.EmbeddingCreateParams, true> = {
  input: true,
  model: true,
  dimensions: true,
  encoding_format: true,
  user: true,
};

const MODERATIONS: Record<keyof OpenAI.ModerationCreateParams, true> = { input: true, model: true };

const COMPLETIONS: Record<keyof OpenAI.Completions.CompletionCreateParams, true> = {
  model: true,
  prompt: true,
  best_of: true,
  echo: true,
  frequency_penalty: true,
  logit_bias: true,
  logprobs: true,
  max_tokens: true,
  n: true,
  presence_penalty: true,
  seed: true,
  stop: true,
  stream: true,
  stream_options: true,
  suffix: true,
  temperature: true,
  top_p: true,
  user: true,
};

/** Top-level names that each endpoint takes. */
export const PARAMS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["/v1/chat/completions", new Set(Object.keys(CHAT))],
  ["/v1/responses", new Set(Object.keys(RESPONSES))],
  ["/v1/embeddings", new Set(Object.keys(EMBEDDINGS))],
  ["/v1/moderations", new Set(Object.keys(MODERATIONS))],
  ["/v1/completions", new Set(Object.keys(COMPLETIONS))],
]);

const CHAT_PARTS: Record<ChatPart["type"], true> = {
  text: true,
  image_url: true,
  input_audio: true,
  file: true,
  refusal: true,
};

/** `type` of the parts of a chat message's content. */
export const CHAT_PART_TYPES: readonly string[] = Object.keys(CHAT_PARTS);

const RESPONSE_PARTS: Record<
  OpenAI.Responses.ResponseInputContent["type"] | "output_text" | "refusal",
  true
> = { input_text: true, input_image: true, input_file: true, output_text: true, refusal: true };

/** `type` of the parts of a message's content at `/v1/responses`. */
export const RESPONSE_PART_TYPES: readonly string[] = Object.keys(RESPONSE_PARTS);
