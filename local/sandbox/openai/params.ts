/** The parameters that OpenAI's endpoints take, by the SDK's types: a name that is not here does not compile there. */
import type OpenAI from "openai";
import { namesOf } from "../../../shared/name-set.ts";

type Chat = OpenAI.Chat.ChatCompletionCreateParamsNonStreaming;
type Response = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type ChatPart = OpenAI.Chat.ChatCompletionContentPart | OpenAI.Chat.ChatCompletionContentPartRefusal;
type ResponsePart = OpenAI.Responses.ResponseInputContent;

const CHAT = namesOf<keyof Chat>()(`
  messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens
  max_tokens metadata modalities moderation n parallel_tool_calls prediction presence_penalty
  prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format
  safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools
  top_logprobs top_p user verbosity web_search_options
`);

const RESPONSES = namesOf<keyof Response>()(`
  access_programs background context_management conversation image include input instructions
  max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt
  prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier
  store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user
`);

const EMBEDDINGS = namesOf<keyof OpenAI.EmbeddingCreateParams>()(
  "input model dimensions encoding_format user",
);

const MODERATIONS = namesOf<keyof OpenAI.ModerationCreateParams>()("input model");

const COMPLETIONS = namesOf<keyof OpenAI.Completions.CompletionCreateParams>()(`
  model prompt best_of echo frequency_penalty logit_bias logprobs max_tokens n presence_penalty seed stop
  stream stream_options suffix temperature top_p user
`);

/** Top-level names that each endpoint takes. */
export const PARAMS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["/v1/chat/completions", CHAT],
  ["/v1/responses", RESPONSES],
  ["/v1/embeddings", EMBEDDINGS],
  ["/v1/moderations", MODERATIONS],
  ["/v1/completions", COMPLETIONS],
]);

/** `type` of the parts of a chat message's content. */
export const CHAT_PART_TYPES = namesOf<ChatPart["type"]>()("text image_url input_audio file refusal");

/** `type` of the parts of a message's content at `/v1/responses`. */
export const RESPONSE_PART_TYPES = namesOf<ResponsePart["type"] | "output_text" | "refusal">()(
  "input_text input_image input_file output_text refusal",
);
