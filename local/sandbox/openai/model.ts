/** Models that reason: they refuse `max_tokens` and any sampling parameter but the default. */
export function reasons(model: string): boolean {
  return /^(ft:)?(o[134](-|$)|gpt-5)/.test(model) && !model.includes("-chat");
}
