/** Names the sandbox takes for OpenAI models: the families a batch accepts, and fine-tuned ones. */
const KNOWN = /^(gpt-|o[134](-|$)|chatgpt-|text-embedding-|ft:)/;

/** Whether the sandbox takes a model name for OpenAI's. */
export function isKnownModel(model: string): boolean {
  return KNOWN.test(model);
}

/** Models that reason: they refuse `max_tokens` and any sampling parameter but the default. */
export function reasons(model: string): boolean {
  return /^(ft:)?(o[134](-|$)|gpt-5)/.test(model) && !model.includes("-chat");
}
