/**
 * What a run of a Lambda reports, by Powertools. It writes one log line with the facts that were noted on the way. The
 * facts that are metrics go into the log too, in CloudWatch's embedded format. Nothing is sent, so nothing is waited for.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import * as z from "zod";
import { ProviderUnavailableError } from "./errors.ts";
import { firstProblem } from "./human-issues.ts";
import { METRICS } from "./names.ts";

/**
 * Facts of a run: `job_id`, `batch`, `round`, `provider` and `execution` say what it is about, `outcome` what came of it. Numbers
 * under a name of `METRICS` are metrics. Only ids, states and numbers are allowed: a user's or a provider's text may be a prompt.
 */
export type Facts = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>;

/** The form of an error's code (`ECONNRESET`); anything else may be a text. */
const CODE = /^\w{1,64}$/;

/** The facts of each run that is under way: on a laptop, many are in one process. */
const runs = new AsyncLocalStorage<Facts>();

/** Notes facts of the current run. A second fact of the same name replaces the first. Outside of a run it does nothing. */
export function note(facts: Facts): void {
  Object.assign(runs.getStore() ?? {}, facts);
}

export type Handler<T> = (event: unknown, context?: { awsRequestId: string }) => Promise<T>;

/**
 * The handler of the Lambda `service` (its folder's name): it calls `run`, and reports each run when it has ended. It
 * reports an error by name and code only, because the message can quote a prompt. A provider that cannot answer now is a
 * warning: the step is tried again.
 */
export function observed<T>(service: string, run: (event: unknown) => Promise<T>): Handler<T> {
  let logger: Logger | undefined;
  let publish: ((facts: Facts) => void) | undefined;
  return async (event, context) => {
    // biome-ignore lint/plugin: names of facts are written in the code
    const facts: Record<string, Facts[string]> = {
      cold_start: logger === undefined,
      function_request_id: context?.awsRequestId,
    };
    // At the first run: on a laptop, the environment is set after this file was read.
    logger ??= new Logger({ serviceName: service });
    publish ??= publisher(service);
    let level: "info" | "warn" | "error" = "info";
    try {
      return await runs.run(facts, () => run(event));
    } catch (error) {
      const passing = error instanceof ProviderUnavailableError;
      level = passing ? "warn" : "error";
      Object.assign(facts, {
        outcome: "error",
        ...errorFacts(error),
        ...(passing && { provider_errors: 1 }),
      });
      throw error instanceof z.ZodError ? unreadable(service, error) : error;
    } finally {
      const { outcome, ...others } = facts;
      logger[level](String(outcome ?? "done"), others);
      publish(facts);
    }
  };
}

/** What was not as a schema says, in one sentence. zod's own message is a list in JSON, which Step Functions shows as it is. */
function unreadable(service: string, error: z.ZodError): Error {
  return new Error(`${service} cannot read its event or a record: ${firstProblem(error)}`);
}

function errorFacts(error: unknown): Facts {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code } = error as { code?: unknown };
  return { error: error.name, error_code: typeof code === "string" && CODE.test(code) ? code : undefined };
}

/** What writes the metrics among the facts: a batch's by provider, whichever Lambda they come from, all others by Lambda. */
function publisher(service: string): (facts: Facts) => void {
  const byLambda = new Metrics({ serviceName: service });
  const byProvider = new Metrics({ serviceName: service });
  byProvider.clearDefaultDimensions();
  return (facts) => {
    const metrics = typeof facts.provider === "string" ? byProvider : byLambda;
    for (const [fact, { name, unit }] of Object.entries(METRICS)) {
      const value = facts[fact];
      if (typeof value === "number") metrics.addMetric(name, unit, value);
    }
    if (!metrics.hasStoredMetrics()) return;
    // Dimensions go with what is published.
    if (typeof facts.provider === "string") metrics.addDimension("provider", facts.provider);
    metrics.publishStoredMetrics();
  };
}
