/** Inputs of test jobs. Without vitest: a process of its own uses them too. */

/** The providers that most tests run with: one of each of the two oldest protocols. */
export const PROVIDERS = ["openai", "anthropic"] as const;
export type TestProvider = (typeof PROVIDERS)[number];

/** A model that each provider's sandbox knows. */
export const MODELS: Record<TestProvider, string> = {
  openai: "gpt-4.1-mini",
  anthropic: "claude-sonnet-4-5",
};

/** Settings of a job at a provider. */
export function jobAt(provider: TestProvider, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { provider, model: MODELS[provider], ...more };
}

/** A line in Nightshift's own format. */
export function itemLine(
  custom_id: string,
  user_message: string,
  more: Record<string, unknown> = {},
): string {
  return JSON.stringify({ custom_id, user_message, ...more });
}

/** `count` items, `item-1` with the message `Question 1` and so on. */
export function itemLines(count: number): string[] {
  return Array.from({ length: count }, (_, at) => itemLine(`item-${at + 1}`, `Question ${at + 1}`));
}

/** The lines of a text, without blank ones; `\n` only. */
export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
