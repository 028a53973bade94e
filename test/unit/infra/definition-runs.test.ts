/** The definition in the local engine's interpreter, with the simplest tasks: does each path lead where it should? */
import { StateMachine } from "aws-local-stepfunctions";
import { expect, test } from "vitest";
import { synthesizedDefinition } from "../../../infra/programs/definition.ts";
import { ProviderAuthError, ProviderUnavailableError } from "../../../shared/errors.ts";

type State = Record<string, unknown>;
type Handler = (input: State) => unknown;

const { definition, tasks } = synthesizedDefinition();
const machine = new StateMachine(definition, { validationOptions: { checkArn: false } });
const ZERO = Object.fromEntries(Object.keys(tasks).map((name) => [name, 0]));
/** Of `infra/workflow/retries.ts`. */
const EVENT_RETRIES = 6;
const INFO = { job_id: "j", status: "in_progress" };

/** Runs a job of two batches, and gives what happened: calls of each task with their input. */
async function run(handlers: Record<string, Handler>) {
  const calls: { state: string; input: State }[] = [];
  const all: Record<string, Handler> = {
    PrepareJob: () => ({
      job_id: "j",
      prepared: true,
      pooled: false,
      more: false,
      batches: [1, 2],
      max_concurrent_batches: 2,
      min_poll_seconds: 7,
      info: INFO,
    }),
    SubmitBatch: (state) => ({ ...state, submitted: true, wait_seconds: 0 }),
    PollStatus: (state) => ({ ...state, ended: true, wait_seconds: 0 }),
    CollectResults: (state) => ({ ...state, collecting: false, items_left: 0, info: INFO }),
    RecordBatchFailure: () => ({ info: INFO }),
    FinalizeJob: () => ({
      job_id: "j",
      more: false,
      succeeded: true,
      info: { ...INFO, status: "completed" },
    }),
    RecordFailure: () => ({
      job_id: "j",
      succeeded: false,
      info: { ...INFO, status: "failed", error: "why" },
    }),
    NotifyStarted: () => ({ FailedEntryCount: 0 }),
    NotifyBatch: () => ({ FailedEntryCount: 0 }),
    NotifyFinished: () => ({ FailedEntryCount: 0 }),
    ...handlers,
  };
  const recorded = Object.entries(all).map(([state, handler]) => [
    state,
    (input: State) => {
      calls.push({ state, input });
      return handler(input);
    },
  ]);
  const execution = machine.run(
    { key: "inbox/a.jsonl" },
    {
      context: { Execution: { Id: "arn:execution", Input: { key: "inbox/a.jsonl" } } },
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(recorded),
        waitTimeOverrides: { WaitForProvider: 0, WaitForCapacity: 0 },
        retryIntervalOverrides: ZERO,
      },
    },
  );
  const outcome = await execution.result.then(
    (output) => ({ output, error: undefined }),
    (error: Error) => ({ output: undefined, error: error.cause as Error }),
  );
  const inputs = (state: string) => calls.filter((call) => call.state === state).map((call) => call.input);
  return { ...outcome, inputs, states: calls.map((call) => call.state) };
}

test("a job: each batch is submitted, polled and collected once; both events carry the job's info", async () => {
  const { error, inputs } = await run({});
  expect(error).toBeUndefined();
  expect(inputs("PrepareJob")).toEqual([{ execution: "arn:execution", input: { key: "inbox/a.jsonl" } }]);
  expect(inputs("SubmitBatch")).toEqual([
    { job_id: "j", batch: 1, round: 1, min_poll_seconds: 7 },
    { job_id: "j", batch: 2, round: 1, min_poll_seconds: 7 },
  ]);
  expect(inputs("PollStatus")).toHaveLength(2);
  expect(inputs("CollectResults")).toHaveLength(2);
  expect(inputs("FinalizeJob")).toEqual([{ execution: "arn:execution", job_id: "j", pooled: false }]);
  const entry = { Source: "nightshift", DetailType: "Batch Job State Change" };
  expect(inputs("NotifyStarted")).toMatchObject([{ Entries: [{ ...entry, Detail: INFO }] }]);
  expect(inputs("NotifyFinished")).toMatchObject([
    { Entries: [{ ...entry, Detail: { status: "completed" } }] },
  ]);
});

test("a batch's end is an event, be it one that failed", async () => {
  const { error, inputs } = await run({
    SubmitBatch: (state) => {
      if (state.batch === 1) throw new ProviderAuthError("no key");
      return { ...state, submitted: true, wait_seconds: 0 };
    },
    RecordBatchFailure: () => ({ info: { batch: 1 } }),
    CollectResults: (state) => ({ ...state, collecting: false, items_left: 0, info: { batch: 2 } }),
  });
  expect(error).toBeUndefined();
  const entry = { Source: "nightshift", DetailType: "Batch Finished" };
  expect(inputs("NotifyBatch")).toHaveLength(2);
  for (const batch of [1, 2])
    expect(inputs("NotifyBatch")).toContainEqual({
      Entries: [expect.objectContaining({ ...entry, Detail: { batch } })],
    });
});

test("an event of a batch that cannot be put stops nothing", async () => {
  const { error, inputs } = await run({
    CollectResults: (state) => ({ ...state, collecting: false, items_left: 0, info: INFO }),
    NotifyBatch: () => {
      throw new Error("EventBridge is away");
    },
  });
  expect(error).toBeUndefined();
  expect(inputs("NotifyBatch")).toHaveLength(2 * (1 + EVENT_RETRIES));
  expect(inputs("FinalizeJob")).toHaveLength(1);
});

test("a long input is prepared in several runs", async () => {
  let runs = 0;
  const { states } = await run({
    PrepareJob: () => ({ job_id: "j", prepared: false, more: ++runs < 3 }),
  });
  expect(states).toEqual(["PrepareJob", "PrepareJob", "PrepareJob"]);
});

test("a slow download is collected in several runs", async () => {
  let runs = 0;
  const { error, states } = await run({
    CollectResults: (state) => ({ ...state, collecting: ++runs < 5, items_left: 0, info: INFO }),
  });
  expect(error).toBeUndefined();
  expect(states.filter((state) => state === "CollectResults")).toHaveLength(6);
  expect(states.filter((state) => state === "SubmitBatch")).toHaveLength(2);
});

test("a large job is put together in several runs", async () => {
  let runs = 0;
  const done = { job_id: "j", more: false, succeeded: true, info: { ...INFO, status: "completed" } };
  const { error, inputs, states } = await run({
    FinalizeJob: () => (++runs < 3 ? { job_id: "j", more: true, pooled: false } : done),
  });
  expect(error).toBeUndefined();
  expect(inputs("FinalizeJob")).toEqual(
    Array(3).fill({ execution: "arn:execution", job_id: "j", pooled: false }),
  );
  expect(states.filter((state) => state === "NotifyFinished")).toHaveLength(1);
});

test("a second delivery ends quietly", async () => {
  const { error, states } = await run({ PrepareJob: () => ({ job_id: "j", prepared: false, more: false }) });
  expect(error).toBeUndefined();
  expect(states).toEqual(["PrepareJob"]);
});

test("a full queue, a slow provider and a second round", async () => {
  let submits = 0;
  let polls = 0;
  let rounds = 0;
  const { error, states } = await run({
    PrepareJob: () => ({
      ...{
        job_id: "j",
        prepared: true,
        pooled: false,
        more: false,
        batches: [1],
        max_concurrent_batches: 1,
        min_poll_seconds: 1,
      },
      info: INFO,
    }),
    SubmitBatch: (state) => ({ ...state, submitted: ++submits !== 1, wait_seconds: 0 }),
    PollStatus: (state) => ({ ...state, ended: ++polls !== 1, wait_seconds: 0 }),
    CollectResults: (state) => ({
      ...state,
      collecting: false,
      round: 2,
      items_left: ++rounds === 1 ? 5 : 0,
      info: INFO,
    }),
  });
  expect(error).toBeUndefined();
  expect(states.slice(2, -3)).toEqual([
    ...["SubmitBatch", "SubmitBatch", "PollStatus", "PollStatus", "CollectResults"],
    ...["SubmitBatch", "PollStatus", "CollectResults"],
  ]);
});

test("what batches left over goes through the Map once more, alone", async () => {
  const done = { job_id: "j", more: false, succeeded: true, info: { ...INFO, status: "completed" } };
  const last = { job_id: "j", more: true, pooled: true, batches: [3], max_concurrent_batches: 1 };
  const { error, inputs } = await run({
    FinalizeJob: ({ pooled }) => (pooled ? done : { ...last, min_poll_seconds: 7 }),
  });
  expect(error).toBeUndefined();
  expect(inputs("FinalizeJob").map(({ pooled }) => pooled)).toEqual([false, true]);
  expect(inputs("SubmitBatch").map(({ batch, round }) => [batch, round])).toEqual([
    [1, 1],
    [2, 1],
    [3, 1],
  ]);
});

test("a batch that fails for good is recorded once, at once, and the other continues", async () => {
  const { error, inputs } = await run({
    SubmitBatch: (state) => {
      if (state.batch === 1) throw new ProviderAuthError("no key");
      return { ...state, submitted: true, wait_seconds: 0 };
    },
  });
  expect(error).toBeUndefined();
  expect(inputs("SubmitBatch")).toHaveLength(2);
  expect(inputs("RecordBatchFailure")).toMatchObject([
    {
      execution: "arn:execution",
      batch: { job_id: "j", batch: 1, round: 1, min_poll_seconds: 7 },
      error: { Error: "ProviderAuthError", Cause: "no key" },
    },
  ]);
  expect(inputs("CollectResults")).toHaveLength(1);
  expect(inputs("FinalizeJob")).toHaveLength(1);
});

test("a provider that comes back is used again", async () => {
  let polls = 0;
  const { error, inputs } = await run({
    PollStatus: (state) => {
      if (++polls <= 3) throw new ProviderUnavailableError("overloaded");
      return { ...state, ended: true, wait_seconds: 0 };
    },
  });
  expect(error).toBeUndefined();
  expect(inputs("RecordBatchFailure")).toEqual([]);
  expect(inputs("CollectResults")).toHaveLength(2);
});

test("even a failure that cannot be recorded leaves the job to its end", async () => {
  const { error, inputs } = await run({
    CollectResults: () => {
      throw new Error("a bug");
    },
    RecordBatchFailure: () => {
      throw new Error("another");
    },
  });
  expect(error).toBeUndefined();
  expect(inputs("FinalizeJob")).toHaveLength(1);
});

test("a job that fails is recorded with its input, put on the bus, and its execution fails with the reason", async () => {
  const { error, inputs, states } = await run({
    PrepareJob: () => {
      throw new ProviderAuthError("nothing works");
    },
  });
  expect(inputs("RecordFailure")).toEqual([
    {
      execution: "arn:execution",
      input: { key: "inbox/a.jsonl" },
      error: { Error: "ProviderAuthError", Cause: "nothing works" },
    },
  ]);
  expect(states).toEqual(["PrepareJob", "RecordFailure", "NotifyFinished"]);
  expect(inputs("NotifyFinished")).toMatchObject([
    { Entries: [{ Detail: { status: "failed", error: "why" } }] },
  ]);
  expect(error).toMatchObject({ name: "JobFailed", message: "why" });
});
