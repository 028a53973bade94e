/** Everything that can go wrong in a simulation, and how much of it a seed has. */
import type { Random } from "./random.ts";

/** The faults by name; the text is for the table at the end of a long run. */
export const FAULTS = {
  "killed before a call": "a Lambda dies before one of its calls to S3, DynamoDB or the provider",
  "killed after a call": "a Lambda dies after a call took effect, before it sees the answer",
  "runs twice at once": "Step Functions gives a run up and retries it while it goes on",
  stalled: "a Lambda stops for minutes in front of a call",
  "clock off": "a Lambda's clock is up to 5 s off",
  "engine killed": "everything that runs dies at once, and the same execution is started again",
  "duplicate event": "the upload's event is delivered again, at once or later",
  "second execution": "somebody starts an execution on the same object by hand",
  "input overwritten": "another object is put under the input's key right after the upload",
  "table throttled": "DynamoDB refuses a call; the SDK retries it, or gives up",
  "table answer lost": "DynamoDB acts, the answer is lost, and the SDK sends the call again, or gives up",
  "bucket unavailable": "S3 answers 503; the SDK retries it, or gives up",
  "bucket answer lost": "S3 acts, the answer is lost, and the SDK sends the call again, or gives up",
  "bucket read cut": "S3 cuts a download in the middle",
  "provider unavailable": "the provider answers 5xx and does nothing",
  "provider refuses the key": "the provider answers 401 to a good key",
  "provider rate limit": "the provider answers 429, with retry-after or without",
  "provider unreachable": "no connection to the provider",
  "provider cut": "the connection breaks before the provider acts",
  "provider answer lost": "the provider acts, and the answer is a 500 or a broken connection",
  "provider late": "the provider acts after the client gave up waiting",
  "provider 404": "the provider does not show yet what it has made",
  "provider lists late": "a new batch is missing from the list for a while",
  "download cut": "a download of results breaks in the middle",
  "range ignored": "the provider sends all results when the rest of them is asked for",
  "lines missing": "result lines are not in the file",
  "lines doubled": "result lines are there twice",
  "lines foreign": "result lines of nobody, or of another batch",
  "lines malformed": "result lines that cannot be read",
  "answers odd": "answers without a message",
  "items fail for now": "single requests fail with 429, 5xx or overload",
  "items fail for good": "single requests are refused with 400",
  "items refused": "the model refuses, or a filter cuts the answer",
  "lines invalid": "the provider's validation fails a batch because of some lines",
  "one line named": "the validation names one bad line of two",
  "create refused": "the provider answers 400 to a create because of a request, named or not",
  "account refused": "the account has no credit left, until somebody pays",
  "batch failed": "a batch fails as a whole with an error of the provider",
  "queue full":
    "too many tokens wait in the provider's queue: the batch fails; or too many jobs (Bedrock): no create",
  "somebody else's batch": "another user of the account makes a batch of the same size at the same time",
  "files late": "a batch ends minutes before its files, or the address of its results, are there",
  "lines late": "a batch's results lack lines for a moment after its end",
  "cancel takes hours": "a batch that was cancelled goes on for hours",
  "batch expired": "a batch runs out of time with part of its answers",
  "cancel requested": "somebody cancels the job, by the command or by hand in the table",
  "execution stopped": "somebody stops an execution in the console; what its Lambdas have begun goes on",
  "answers absurd": "answers nested thousands deep, or of other types than documented",
  "address wrong": "the provider's address leads elsewhere for a while: nothing there knows the API",
  "webhook lost": "OpenAI's webhook, or Bedrock's event, about a batch's end never comes",
  "webhook again": "it comes twice, or much later",
} as const;

/** What is not drawn as a fault: it is counted, so that one can see it happened. */
export const COUNTED = {
  "run paused": "a step's run is over before its work is, and another goes on",
  "input gzipped": "the upload is packed",
  "tenant's job": "the upload lies in a tenant's folder",
  "tenant's own key": "the tenant has a key of its own",
  "cap refused": "the job may cost more than its max_cost_usd: somebody raises it",
  "cap reached": "an item is not sent again because of max_cost_usd",
  "left-overs pooled": "what batches left over at Bedrock went in one last round",
  "asked in real time": "a request of a round that is not sent as a batch",
  "webhooks on": "the stack has OpenAI's webhooks and Bedrock's events",
  "wait ended by news": "a webhook ended a wait before its time",
} as const;

export type FaultName = keyof typeof FAULTS | keyof typeof COUNTED;

/** How often a fault strikes where it can, and how many times at most. */
interface Plan {
  rate: number;
  left: number;
}

/** The faults one seed has. */
export class Faults {
  /** How often each fault has struck. */
  readonly struck = new Map<FaultName, number>();
  readonly #plans = new Map<FaultName, Plan>();
  readonly #random: Random;

  /** Draws a few kinds for this seed rather than a little of all: rare combinations come up that way. */
  constructor(random: Random) {
    this.#random = random;
    const share = random.pick([0, 0.1, 0.25, 0.25, 0.5]);
    for (const name of Object.keys(FAULTS) as FaultName[]) {
      if (!random.chance(share)) continue;
      this.#plans.set(name, { rate: random.pick([0.02, 0.05, 0.1, 0.3]), left: random.int(1, 8) });
    }
  }

  /** The names of the faults drawn. */
  get drawn(): FaultName[] {
    return [...this.#plans.keys()];
  }

  /** Whether the fault was drawn at all. */
  has(name: FaultName): boolean {
    return this.#plans.has(name);
  }

  /** Whether the fault strikes here and now; counts it when it does. `rate`: for what can strike but seldom. */
  strikes(name: FaultName, rate?: number): boolean {
    const plan = this.#plans.get(name);
    if (!plan || plan.left === 0 || !this.#random.chance(rate ?? plan.rate)) return false;
    plan.left--;
    this.count(name);
    return true;
  }

  /** Counts a fault that follows from the state of the world rather than from a draw. */
  count(name: FaultName): void {
    this.struck.set(name, (this.struck.get(name) ?? 0) + 1);
  }
}
