/** The providers' keys, wherever they are kept: whether they are present and in form. Neither they nor their lengths are shown. */
import { messageOf, ProviderAuthError } from "../../shared/errors.ts";
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import type { Check } from "./check.ts";

export interface KeyChecks {
  checks: Check[];
  present: ProviderName[];
}

export interface KeySource {
  /** @throws ProviderAuthError that says what is wrong with the key */
  read(provider: ProviderName): Promise<unknown>;
  /** Whether an error means only that this user may not read the key. */
  isDenied(error: unknown): boolean;
  /** What works without any key, where something does: a missing key is then no problem. */
  without?: string | undefined;
  fix(provider: ProviderName): string;
}

/** Reads the keys of some providers: one of them is enough. */
export async function keyChecks(providers: readonly ProviderName[], source: KeySource): Promise<KeyChecks> {
  const read = await Promise.all(
    providers.map(async (provider) => ({
      provider,
      error: await errorOf(source.read(provider)),
    })),
  );
  const oneIsThere = read.some(({ error }) => error === null || source.isDenied(error));
  return {
    checks: read.map(({ provider, error }) => ({
      name: `${PROFILES[provider].title} key`,
      ...judged(provider, error, source, oneIsThere),
    })),
    present: read.filter(({ error }) => error === null).map(({ provider }) => provider),
  };
}

/** What a promise is rejected with; null when it is not. */
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

function judged(
  provider: ProviderName,
  error: unknown,
  source: KeySource,
  oneIsThere: boolean,
): Omit<Check, "name"> {
  if (error === null) return { outcome: "ok", what: "set" };
  if (source.isDenied(error)) {
    const fix = "Ask somebody who may read it whether it is set.";
    return { outcome: "warning", what: messageOf(error), fix };
  }
  const missing = error instanceof ProviderAuthError && error.missing;
  if (missing && oneIsThere)
    return { outcome: "skipped", what: `not set; only jobs for ${PROFILES[provider].title} need it` };
  if (missing && source.without)
    return { outcome: "warning", what: `not set; ${source.without}`, fix: source.fix(provider) };
  const { keys } = PROFILES[provider].pages;
  const fix = `${source.fix(provider)}${keys ? ` Keys are made at ${keys}.` : ""}`;
  return { outcome: "wrong", what: missing ? "not set" : messageOf(error), fix };
}
