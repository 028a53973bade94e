/** Which model names a provider has, and what each is for. Names are those of @pydantic/genai-prices. */
import { calcPrice, findProvider } from "@pydantic/genai-prices";

/** What a model takes, by its name: the price list does not say. */
export type ModelKind = "chat" | "embedding" | "other";

const KINDS: readonly [RegExp, ModelKind][] = [
  [/embed/, "embedding"],
  [/whisper|transcribe|tts|(^|-)image|realtime|moderation|dall-e|sora/, "other"],
];

export function kindOf(model: string): ModelKind {
  return KINDS.find(([pattern]) => pattern.test(model))?.[1] ?? "chat";
}

/** The models of one provider. */
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
    const base = /^ft:([^:]+):/.exec(model)?.[1];
    return calcPrice({}, base ?? model, { providerId: this.#providerId }) !== null;
  }

  /** All ids of the list. */
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

/** Levenshtein distance. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] as number) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
