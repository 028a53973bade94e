/** What each Lambda may do, by the policies of the synthesized template, and what of it was used. */
import { LAMBDAS } from "../../infra/lambdas/lambda-table.ts";
import { bySources } from "../../local/engine/by-sources.ts";
import { PROFILES, PROVIDER_NAMES } from "../../shared/providers/list.ts";
import { type Grant, grantsOf, isFor, isForAction, type Request } from "./iam.ts";

/** A call that the Lambda's policy does not allow. */
export class AccessDenied extends Error {
  override name = "AccessDenied";
}

/** Synthesized once for each state of the sources. */
const LAMBDA_GRANTS = await bySources("grants-with-every-provider.json", async () => {
  // The stack makes what Bedrock needs.
  const needed = PROVIDER_NAMES.filter((name) => name !== "bedrock").map(
    (name) => PROFILES[name].variables.needed,
  );
  const { statementsOf } = await import("../unit/infra/permissions.ts");
  const { synthesize } = await import("../unit/infra/stack.ts");
  const { template } = synthesize({
    openaiWebhooks: "true",
    providers: PROVIDER_NAMES.join(","),
    providerVariables: JSON.stringify(Object.assign({}, ...needed)),
  });
  return [...Object.keys(LAMBDAS), "receive-webhook", "receive-bedrock-event"].map(
    (name): [string, Grant[]] => [name, grantsOf(statementsOf(template, name))],
  );
});

/** Services whose calls are watched. */
const WATCHED = /^(s3|dynamodb|states):/;

/** The grants of the Lambdas as one simulation or test file uses them. */
export class Grants {
  /** What was refused, in words. */
  readonly refused = new Set<string>();
  readonly #used = new Set<Grant>();
  readonly #all = new Map(LAMBDA_GRANTS);
  readonly #byAction = new Map<string, Grant[]>();

  /** Lets a Lambda do something. @throws AccessDenied */
  use(lambda: string, request: Request): void {
    const fitting = this.#grantsFor(lambda, request.action).filter((grant) => isFor(grant, request));
    for (const grant of fitting) this.#used.add(grant);
    if (fitting.length > 0) return;
    const refusal = `${lambda} may not ${request.action} ${request.resource}`;
    this.refused.add(refusal);
    throw new AccessDenied(refusal);
  }

  /** A Lambda's grants of an action: few of all that it has. */
  #grantsFor(lambda: string, action: string): Grant[] {
    const key = `${lambda} ${action}`;
    const known = this.#byAction.get(key);
    if (known) return known;
    const found = this.#all.get(lambda)?.filter((grant) => isForAction(grant, action)) ?? [];
    this.#byAction.set(key, found);
    return found;
  }

  /** Grants that were used: `poll-status dynamodb:GetItem JobTable`. */
  get used(): string[] {
    return namesOf((grant) => this.#used.has(grant));
  }
}

/** Every grant that could be used. */
export const ALL_GRANTS: readonly string[] = namesOf(() => true);

function namesOf(wanted: (grant: Grant) => boolean): string[] {
  return LAMBDA_GRANTS.flatMap(([lambda, grants]) =>
    grants
      .filter((grant) => WATCHED.test(grant.action) && wanted(grant))
      .map(({ action, resource }) => `${lambda} ${action} ${resource}`),
  );
}
