/**
 * Names that infrastructure and runtime share, declared once. This file imports neither CDK nor
 * an SDK.
 */

/** Environment variables of the Lambdas; the local engine sets the same ones. Those of a provider are in its profile. */
export const ENV = {
  bucket: "BUCKET_NAME",
  table: "TABLE_NAME",
  /** The providers that jobs may use, separated by commas; not set: all of them. */
  providers: "PROVIDERS",
  /** Path of the parameters with the tenants' settings, each named by its tenant; not set where there are none. */
  tenants: "TENANTS_PATH",
  /** Secrets Manager name or ARN of the secret with which OpenAI signs its webhooks; only for `receive-webhook`. */
  openaiWebhookSecret: "OPENAI_WEBHOOK_SECRET_ID",
  /** ARN of the state machine; only for the Lambda that finds its dead executions (`sweep-jobs`). */
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
  /** Set when the user's own server answers: the price of its tokens is unknown. */
  unpriced: "UNPRICED_MODELS",
  /**
   * Seconds after which a `submit-batch` run that recorded its intent is surely dead: the
   * Lambda's timeout plus a margin.
   */
  submitLease: "SUBMIT_LEASE_SECONDS",
  /** Seconds after a create was sent within which the provider may not show the batch yet. */
  createSettle: "CREATE_SETTLE_SECONDS",
  /** Unix seconds when this process opened the folder: older jobs are of an earlier process. Set by the embedded engine only. */
  resumedBefore: "RESUMED_BEFORE",
  /** Seconds after which a run of a long step stops; the next run resumes. */
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
 * Wake records, one for each provider batch: partition `wake#<the provider's id>`. The state machine writes them itself
 * (`infra/workflow/wait-for-wake.ts`), and so do `receive-webhook` and `receive-bedrock-event` (`wake-record.ts`).
 */
export const WAKE = { prefix: "wake#", sort: "wake" } as const;

/** What the stack puts into a secret so that a first deployment works. */
export const UNSET_SECRET = "unset";

/** Prefix of the keys that users upload to; the trigger listens here. */
export const INBOX_PREFIX = "inbox/";

/** Prefix of the keys of recipes, which uploads name. */
export const RECIPES_PREFIX = "recipes/";

/** EventBridge: what `NotifyStarted` and `NotifyFinished` put on the bus, and `NotifyBatch` for each finished batch. */
export const EVENT = {
  source: "nightshift",
  detailType: "Batch Job State Change",
  batchDetailType: "Batch Finished",
} as const;

/** CloudWatch: the namespace of the metrics of one Nightshift, by its state machine's name. */
export const metricsNamespace = (stateMachine: string) => `Nightshift/${stateMachine}`;

/**
 * CloudWatch: the facts of a run that are metrics as well (see `telemetry.ts`). A step that runs twice reports twice. So
 * read only the maximum and the median of times and sizes, never a sum. Each costs 0.30 USD a month and provider.
 */
export const METRICS = {
  /** From the first intent to send a round to its batch at the provider; while it waits, so far. */
  queue_wait_seconds: { name: "QueueWait", unit: "Seconds" },
  /** Age of the oldest hold in a token queue that has no room for another batch. */
  token_queue_held_seconds: { name: "TokenQueueHeld", unit: "Seconds" },
  /** Time since a batch was sent, at a poll. */
  batch_age_seconds: { name: "BatchAge", unit: "Seconds" },
  /** From the provider's own end of a batch to the poll that saw it. */
  seen_lag_seconds: { name: "SeenLag", unit: "Seconds" },
  /** From the provider's own end of a batch until its answers were safe. */
  collected_lag_seconds: { name: "CollectedLag", unit: "Seconds" },
  /** Items of a batch that go into another round. */
  items_again: { name: "ItemsAgain", unit: "Count" },
  /** Calls that a provider could not answer: each is one, and may be summed. */
  provider_errors: { name: "ProviderErrors", unit: "Count" },
  /** Creates whose answer was lost, so that their acceptance is unknown; may be summed. */
  lost_creates: { name: "LostCreates", unit: "Count" },
  /** Jobs that have not ended, at a sweep. */
  open_jobs: { name: "OpenJobs", unit: "Count" },
  /** Time for which one of them has been in its present status: the longest. */
  longest_in_one_status_seconds: { name: "LongestInOneStatus", unit: "Seconds" },
} as const;
