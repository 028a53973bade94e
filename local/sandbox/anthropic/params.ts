/** What a message request may hold, by the SDK's types: a name that is not here does not compile there. */
import type Anthropic from "@anthropic-ai/sdk";
import { namesOf } from "../../../shared/name-set.ts";

/** Older models still take the last three; the SDK's types no longer have them. */
type Param = keyof Anthropic.MessageCreateParamsNonStreaming | "temperature" | "top_p" | "top_k";
type BetaParam = Exclude<keyof Anthropic.Beta.Messages.MessageCreateParamsNonStreaming, Param | "betas">;

/** Top-level names of a message request. */
export const PARAM_NAMES = namesOf<Param>()(`
  max_tokens messages model cache_control container diagnostics inference_geo metadata output_config
  service_tier speed stop_sequences stream system thinking tool_choice tools user_profile_id workspace_id
  temperature top_p top_k
`);

/** What a message request may hold besides when it comes with an `anthropic-beta` header. */
export const BETA_PARAM_NAMES = namesOf<BetaParam>()(`
  billing_policy compaction context_management fallback_credit_token fallbacks mcp_servers output_format
  thread
`);

/** `type` of the blocks of a message's content. */
export const BLOCK_TYPES = namesOf<Anthropic.ContentBlockParam["type"]>()(`
  text image document search_result thinking redacted_thinking tool_use tool_result server_tool_use
  web_search_tool_result web_fetch_tool_result code_execution_tool_result bash_code_execution_tool_result
  text_editor_code_execution_tool_result tool_search_tool_result container_upload
`);
