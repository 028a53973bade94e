/** Whether a model's name is one of a provider's, by the price list. A slip in it fails every item of a job. */
import { findProvider } from "@pydantic/genai-prices";
import { type ProviderName, ProviderName as Providers } from "../models.ts";
import { editsBetween } from "../near-name.ts";
import { PROFILES } from "../providers/list.ts";
import { isPriced } from "./prices.ts";

export interface NameProblem {
  /** `doubt`: a new model or one of the user's own can have such a name. */
  kind: "doubt" | "slip" | "of another provider";
  /** The name that was surely meant, or the provider whose model it is. */
  meant?: string;
}

/** Judges a model's name; null when the provider's list has it. */
export function judgeModel(provider: ProviderName, model: string): NameProblem | null {
  // A fine-tuned model is as good as its base: ft:gpt-4.1-mini:acme::x.
  const base = /^ft:([^:]+)/.exec(model)?.[1] ?? model;
  if (isPriced(provider, base) || isPriced(provider, model)) return null;
  const other = Providers.options.find((name) => name !== provider && isPriced(name, base));
  const near = nearest(base, namesOf(provider));
  if (near) return { kind: "slip", meant: near };
  if (other) return { kind: "of another provider", meant: other };
  return { kind: "doubt" };
}

function namesOf(provider: ProviderName): string[] {
  const providerId = PROFILES[provider].price.list;
  const models = providerId === null ? [] : (findProvider({ providerId })?.models ?? []);
  return models.map(({ id }) => id).filter((id) => /\w$/.test(id));
}

/** Most letters in which a slip differs from the name that was meant. */
const MOST_EDITS = 2;

/** The name that differs in a letter or two. A name with other digits is another version, and may be new. */
function nearest(name: string, known: string[]): string | undefined {
  const close = known
    .filter((id) => digitsOf(id) === digitsOf(name))
    .map((id) => ({ id, edits: editsBetween(id, name.toLowerCase()) }))
    .filter(({ edits }) => edits <= Math.min(MOST_EDITS, name.length / 4))
    .sort((a, b) => a.edits - b.edits);
  return close[0]?.id;
}

const digitsOf = (text: string) => text.replace(/\D/g, "");
