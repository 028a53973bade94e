/** What a state is doing, in words. Its name is the one people see in the Step Functions console. */
const JOB_STATES: Readonly<Record<string, string>> = {
  PrepareJob: "reading the input, writing the batches",
  NotifyStarted: "the event that the job has started",
  ProcessBatches: "submitting and polling the batches",
  FinalizeJob: "joining the results",
  RecordFailure: "recording the error",
  NotifyFinished: "the event that the job has ended",
  AlreadyStarted: "another execution runs the job",
  Done: "",
  Failed: "",
};

const BATCH_STATES: Readonly<Record<string, string>> = {
  SubmitBatch: "to the provider",
  WaitForCapacity: "the provider has no room yet, or an earlier answer was lost",
  WaitForProvider: "at the provider",
  PollStatus: "polling",
  AnswerNow: "asking one by one, in real time",
  CollectResults: "fetching the answers",
  RecordBatchFailure: "this batch failed for good; the others continue",
  NotifyBatch: "the event that a batch is finished",
};

/** Words for a state that people should see pass; undefined for one that only steers. */
export function stateText(name: string, inBatch: boolean): string | undefined {
  return inBatch ? BATCH_STATES[name] : JOB_STATES[name];
}
