/** Refuses a model that cannot answer, before anything is sent: each of a job's items would fail. */
import { ProviderName } from "../shared/models.ts";
import { judgeModel } from "../shared/money/model-names.ts";
import { PROFILES } from "../shared/providers/list.ts";
import { UsageError } from "./exit-codes.ts";
import { printWarning } from "./output/safe-text.ts";

export interface ModelFlags {
  sandbox?: boolean;
  upstream?: string;
  /** The user says that the name is right. */
  modelUnchecked?: boolean;
}

const WAY_AROUND = "if the name is right, add --model-unchecked";

/**
 * Checks a job's model. A name that is not known only gets a warning: it may be new, or the user's own.
 * @throws UsageError when the name is a slip or another provider's. Also when the upstream server is not there or lacks
 * the model
 */
export async function checkModel(provider: string, model: string, flags: ModelFlags): Promise<void> {
  const name = ProviderName.safeParse(provider).data;
  if (flags.modelUnchecked || !name) return;
  if (flags.sandbox && flags.upstream !== undefined) return checkUpstream(flags.upstream, model);
  const problem = judgeModel(name, model);
  if (!problem) return;
  const { title } = PROFILES[name];
  if (problem.kind === "doubt") {
    printWarning(
      `${model} is not in the price list: its cost is not known, and if ${title} has no such model, every item fails`,
    );
    return;
  }
  const meant =
    problem.kind === "slip"
      ? `did you mean ${problem.meant}?`
      : `it is a model of ${PROFILES[problem.meant as ProviderName].title}: give --provider ${problem.meant}`;
  throw new UsageError(`${title} has no model ${model} in the price list; ${meant} (${WAY_AROUND})`);
}

/** Longest wait for an answer, in milliseconds. */
const PATIENCE = 10_000;
/** Models of a server that are named when the one wanted is not among them. */
const NAMED = 10;

/** Asks an OpenAI-compatible server for its models. */
async function checkUpstream(upstream: string, model: string): Promise<void> {
  const url = `${upstream.replace(/\/+$/, "")}/models`;
  const key = process.env.UPSTREAM_API_KEY;
  const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {};
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE) }).catch(
    (error: unknown) => {
      const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message;
      throw new UsageError(`no server answers at ${upstream} (${cause}): start it, or correct --upstream`);
    },
  );
  const body: unknown = await answer.json().catch(() => null);
  if (answer.status === 401 || answer.status === 403)
    throw new UsageError(`${upstream} refused the key (${answer.status}): set UPSTREAM_API_KEY to its key`);
  if (!answer.ok || typeof body !== "object" || body === null) {
    throw new UsageError(
      `${url} answered ${answer.status} without a list of models: --upstream must be the base URL of an OpenAI-compatible server, which mostly ends in /v1 (if it has no such list, add --model-unchecked)`,
    );
  }
  const { data } = body as { data?: unknown };
  const names = Array.isArray(data) ? data.map((entry: { id?: unknown } | null) => String(entry?.id)) : [];
  // Ollama lists a model with its tag, and takes it without.
  if (names.length === 0 || names.some((name) => name === model || name === `${model}:latest`)) return;
  const some = `${names.slice(0, NAMED).join(", ")}${names.length > NAMED ? ", …" : ""}`;
  throw new UsageError(`${upstream} has no model ${model}; it has ${some} (${WAY_AROUND})`);
}
