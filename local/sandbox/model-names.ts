/** Which model names a provider has, and what each is for. Names are those of @pydantic/genai-prices. */
import { calcPrice, findProvider } from "@pydantic/genai-prices";
import { editsBetween } from "../../shared/near-name.ts";

/** What a model takes, by its name: the price list does not say. */
export type ModelKind = "chat" | "embedding" | "other";

const KINDS: readonly [RegExp, ModelKind][] = [
  [/embed/, "embedding"],
  [/whisper|transcribe|tts|(^|-)image|realtime|moderation|dall-e|sora/, "other"],
];

export function kindOf(model: string): ModelKind {
  return KINDS.find(([pattern]) => pattern.test(model))?.[1] ?? "chat";
}

export class ModelNames {
  readonly #providerId: string | null;
  readonly #ids: readonly string[];

  /** `providerId` is the price list's; null: any name is a model, as a deployment's or a lenient sandbox's. */
  constructor(providerId: string | null) {
    this.#providerId = providerId;
    this.#ids = providerId === null ? [] : (findProvider({ providerId })?.models ?? []).map(({ id }) => id);
  }

  /** Whether the provider has it. A fine-tuned model (`ft:BASE:…`) counts when its base does. */
  has(model: string): boolean {
    if (this.#providerId === null) return model !== "";
    // Moderation is free, and in no price list.
    if (this.#providerId === "openai" && /^(omni|text)-moderation-/.test(model)) return true;
    const base = /^ft:([^:]+):/.exec(model)?.[1];
    return calcPrice({}, base ?? model, { providerId: this.#providerId }) !== null;
  }

  ids(): readonly string[] {
    return this.#ids;
  }

  /** " Did you mean 'gpt-4o-mini'?" when a listed name is near, else an empty string. */
  didYouMean(model: string): string {
    const most = Math.max(1, Math.floor(model.length / 4));
    let nearest: { name: string; edits: number } | undefined;
    for (const name of this.#ids) {
      if (Math.abs(name.length - model.length) > most) continue;
      const edits = editsBetween(model, name);
      if (edits <= most && edits < (nearest?.edits ?? Number.POSITIVE_INFINITY)) nearest = { name, edits };
    }
    return nearest ? ` Did you mean '${nearest.name}'?` : "";
  }
}

/** Models that reason: they refuse `max_tokens` and any sampling parameter but the default. */
export function reasons(model: string): boolean {
  return /^(ft:)?(o[134](-|$)|gpt-5)/.test(model) && !model.includes("-chat");
}
