/** What a message request may hold, by the SDK's types: a name that is not here does not compile there. */
import type Anthropic from "@anthropic-ai/sdk";

/** Older models still take these; the SDK's types no longer have them. */
type Sampling = "temperature" | "top_p" | "top_k";

const PARAMS: Record<keyof Anthropic.MessageCreateParamsNonStreaming | Sampling, true> = {
  max_tokens: true,
  messages: true,
  model: true,
  cache_control: true,
  container: true,
  diagnostics: true,
  inference_geo: true,
  metadata: true,
  output_config: true,
  service_tier: true,
  speed: true,
  stop_sequences: true,
  stream: true,
  system: true,
  thinking: true,
  tool_choice: true,
  tools: true,
  user_profile_id: true,
  workspace_id: true,
  temperature: true,
  top_p: true,
  top_k: true,
};

/** Top-level names of a message request. */
export const PARAM_NAMES: ReadonlySet<string> = new Set(Object.keys(PARAMS));

type BetaParams = Anthropic.Beta.Messages.MessageCreateParamsNonStreaming;

const BETA: Record<Exclude<keyof BetaParams, keyof typeof PARAMS | "betas">, true> = {
  billing_policy: true,
  compaction: true,
  context_management: true,
  fallback_credit_token: true,
  fallbacks: true,
  mcp_servers: true,
  output_format: true,
  thread: true,
};

/** What a message request may hold besides when it comes with an `anthropic-beta` header. */
export const BETA_PARAM_NAMES: ReadonlySet<string> = new Set(Object.keys(BETA));

const BLOCKS: Record<Anthropic.ContentBlockParam["type"], true> = {
  text: true,
  image: true,
  document: true,
  search_result: true,
  thinking: true,
  redacted_thinking: true,
  tool_use: true,
  tool_result: true,
  server_tool_use: true,
  web_search_tool_result: true,
  web_fetch_tool_result: true,
  code_execution_tool_result: true,
  bash_code_execution_tool_result: true,
  text_editor_code_execution_tool_result: true,
  tool_search_tool_result: true,
  container_upload: true,
};

/** `type` of the blocks of a message's content. */
export const BLOCK_TYPES: readonly string[] = Object.keys(BLOCKS);
