/** Runs the deployed handlers as Lambda does: with a time limit, through JSON, and mortal. */
import { handler as receiveBedrockEvent } from "../../functions/receive-bedrock-event/handler.ts";
import { handler as sweepJobs } from "../../functions/sweep-jobs/handler.ts";
import { LAMBDAS } from "../../infra/lambdas/lambda-table.ts";
import { HANDLERS, type Handler } from "../../local/engine/handlers.ts";
import { unixNow } from "../../shared/clock.ts";
import { observed } from "../../shared/telemetry.ts";
import { completeTask } from "../../shared/workflow/task-tokens.ts";
import { wakeBatch } from "../../shared/workflow/wake-batch.ts";
import type { Random } from "./random.ts";
import type { Run, World } from "./world.ts";

/** Largest error of a Lambda's clock in these simulations, in ms. */
const CLOCK_ERROR = 5000;

/** Takes a webhook whose signature was checked: WebCrypto works in real time. */
const receiveWebhook = observed("receive-webhook", (event) =>
  wakeBatch((event as { id: string }).id, { wake: completeTask, now: unixNow }),
);

/** Lambdas that are no tasks of the state machine. */
const OTHERS = new Map<string, Handler>(
  Object.entries({
    "functions/sweep-jobs": sweepJobs,
    "functions/receive-webhook": receiveWebhook,
    "functions/receive-bedrock-event": receiveBedrockEvent,
  }),
);

/** All Lambdas of a simulation. */
export class Lambdas {
  /** Runs that have begun and are neither done nor dead, those given up by the state machine included. */
  readonly alive = new Set<Run>();
  #count = 0;
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** Calls a Lambda by its folder, `functions/<name>`. */
  invoke(folder: string, event: unknown): Promise<unknown> {
    const handler = HANDLERS.get(folder) ?? OTHERS.get(folder);
    if (!handler) throw new Error(`there is no handler for ${folder}`);
    const name = folder.replace("functions/", "") as keyof typeof LAMBDAS;
    const world = this.#world;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const run: Run = {
      id: ++this.#count,
      began: world.time.now,
      lambda: name,
      dead: false,
      skew: world.faults.strikes("clock off") ? this.#random.int(-CLOCK_ERROR, CLOCK_ERROR) : 0,
      die: (error) => {
        run.dead = true;
        end();
        reject(lambdaError(error, "the run was killed"));
      },
      detach: (error) => reject(lambdaError(error, "nobody knows what became of the run")),
    };
    const limit = setTimeout(
      () => run.die("Sandbox.Timedout"),
      (LAMBDAS[name]?.timeoutMinutes ?? 1) * 60_000,
    );
    const end = () => {
      clearTimeout(limit);
      this.alive.delete(run);
    };
    this.alive.add(run);
    world.runs.run(run, () => {
      world.note("begins");
      handler(throughJson(event)).then(
        (output) => {
          if (run.dead) return;
          world.note("ends");
          end();
          resolve(throughJson(output));
        },
        (error: Error) => {
          if (run.dead) return;
          world.note(`throws ${error.name}`);
          end();
          reject(lambdaError(error.name, error.message, error));
        },
      );
    });
    return promise;
  }

  /** Kills all that runs. */
  killAll(): void {
    for (const run of [...this.alive]) run.die("Runtime.ExitError");
  }
}

/** As Step Functions sees it: the error by its name, the cause as Lambda's JSON. */
function lambdaError(name: string, message: string, cause?: Error): Error {
  const error = new Error(JSON.stringify({ errorType: name, errorMessage: message }), { cause });
  error.name = name;
  return error;
}

/** What cannot be said in JSON does not come through. */
function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
