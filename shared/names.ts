/**
 * Names that infrastructure and runtime share, declared once. This file imports neither CDK nor
 * an SDK.
 */

/** Environment variables of the Lambdas; the local engine sets the same ones. Those of a provider are in its profile. */
export const ENV = {
  /** Name of the one bucket. */
  bucket: "BUCKET_NAME",
  /** Name of the one table. */
  table: "TABLE_NAME",
  /** The providers that jobs may use, separated by commas; not set: all of them. */
  providers: "PROVIDERS",
  /** Path of the parameters with the tenants' settings, each named by its tenant; not set where there are none. */
  tenants: "TENANTS_PATH",
  /** Secrets Manager name or ARN of the secret with which OpenAI signs its webhooks; only for who receives them. */
  openaiWebhookSecret: "OPENAI_WEBHOOK_SECRET_ID",
  /** ARN of the state machine; only for the Lambda that looks after its executions. */
  stateMachine: "STATE_MACHINE_ARN",
  /** Where the webhook is, and the Secrets Manager name or ARN of the key that signs; only for the Lambda that calls it. */
  notifyUrl: "NOTIFY_URL",
  notifySecret: "NOTIFY_SECRET_ID",
  /** JSON: the stack's defaults for `JobSpec`. */
  jobDefaults: "JOB_DEFAULTS",
  /** JSON: overrides of the providers' limits tables, `{openai: {max_requests: 100}}`. */
  providerLimits: "PROVIDER_LIMITS",
  /**
   * JSON: real-time prices that the price list lacks or has wrong, in US dollars a million tokens:
   * `{openai: {"ft:gpt-4.1-mini:acme::x": {input_mtok: 0.8, output_mtok: 3.2}}}`.
   */
  modelPrices: "MODEL_PRICES",
  /** Set where a server of the user's own answers: what its tokens cost is not known. */
  unpriced: "UNPRICED_MODELS",
  /**
   * Seconds after which a `submit-batch` run that recorded its intent is surely dead: the
   * Lambda's timeout plus a margin.
   */
  submitLease: "SUBMIT_LEASE_SECONDS",
  /** Seconds after a create was sent within which the provider may not show the batch yet. */
  createSettle: "CREATE_SETTLE_SECONDS",
  /** Unix seconds: jobs of an earlier life of this folder are older. Set by the embedded engine only. */
  resumedBefore: "RESUMED_BEFORE",
  /** Seconds after which a run of a long step stops, to go on in another. */
  runSeconds: "RUN_SECONDS",
  /** Powertools' own: the least level of a log line that is written, the namespace of metrics, and whether none are written. */
  logLevel: "POWERTOOLS_LOG_LEVEL",
  metricsNamespace: "POWERTOOLS_METRICS_NAMESPACE",
  metricsDisabled: "POWERTOOLS_METRICS_DISABLED",
} as const;

/** Keys of the GSI that lists jobs newest first: partition `list` = `jobs`, sort `created_at`. */
export const JOBS_INDEX = {
  name: "jobs-by-time",
  partition: "list",
  sort: "created_at",
  value: "jobs",
} as const;

/**
 * Records of who waits for a provider batch, and of news about it: partition `wake#<the provider's id>`. The state machine
 * writes them itself (`infra/wait-for-provider.ts`), and so does `receive-webhook` (`wake-record.ts`).
 */
export const WAKE = { prefix: "wake#", sort: "wake" } as const;

/** What the stack puts into a secret so that a first deployment works. */
export const UNSET_SECRET = "unset";

/** Prefix of the keys that users upload to; the trigger listens here. */
export const INBOX_PREFIX = "inbox/";

/** EventBridge: what `NotifyStarted` and `NotifyFinished` put on the bus, and `NotifyBatch` for each finished batch. */
export const EVENT = {
  source: "nightshift",
  detailType: "Batch Job State Change",
  batchDetailType: "Batch Finished",
} as const;

/** CloudWatch: the namespace of the metrics of one Nightshift, by its state machine's name. */
export const metricsNamespace = (stateMachine: string) => `Nightshift/${stateMachine}`;

/**
 * CloudWatch: the facts of a run that are metrics as well (see `telemetry.ts`). A step that runs twice tells twice: of the
 * times and sizes only the largest and the middle are worth looking at, never a sum. Each costs 0.30 USD a month and provider.
 */
export const METRICS = {
  /** From the first intent to send a round to its batch at the provider; while it waits, so far. */
  queue_wait_seconds: { name: "QueueWait", unit: "Seconds" },
  /** Since a place was taken in the token queue that has no room for another batch: the longest. */
  token_queue_held_seconds: { name: "TokenQueueHeld", unit: "Seconds" },
  /** Since a batch was sent, at a look at it. */
  batch_age_seconds: { name: "BatchAge", unit: "Seconds" },
  /** From the provider's own end of a batch to the look that saw it. */
  seen_lag_seconds: { name: "SeenLag", unit: "Seconds" },
  /** From the provider's own end of a batch until its answers were safe. */
  collected_lag_seconds: { name: "CollectedLag", unit: "Seconds" },
  /** Items of a batch that go into another round. */
  items_again: { name: "ItemsAgain", unit: "Count" },
  /** Calls that a provider could not answer: each is one, and may be summed. */
  provider_errors: { name: "ProviderErrors", unit: "Count" },
  /** Creates of which nobody knows whether they were accepted; may be summed. */
  lost_creates: { name: "LostCreates", unit: "Count" },
  /** Jobs that have not ended, at a sweep. */
  open_jobs: { name: "OpenJobs", unit: "Count" },
  /** Time for which one of them has been in its present status: the longest. */
  longest_in_one_status_seconds: { name: "LongestInOneStatus", unit: "Seconds" },
} as const;
