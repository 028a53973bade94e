import { INBOX_PREFIX, RECIPES_PREFIX } from "../../shared/names.ts";
import {
  batchesPrefix,
  finalizePrefix,
  JOBS_PREFIX,
  jobKey,
  jobPrefix,
  noteKey,
  reportKey,
  resultsPrefix,
  rowsPrefix,
} from "../../shared/objects/keys.ts";
import type { ObjectAccess } from "../storage/job-bucket.ts";
import type { TableAction } from "../storage/job-table.ts";
import { LINE_OPTIONS, OBJECT_OPTIONS } from "./node-options.ts";

export type ExecutionAction = "DescribeExecution" | "StartExecution";

export interface LambdaSpec {
  /** Minutes; Lambda allows 15. */
  timeoutMinutes: number;
  /** Disk in MiB; Lambda gives 512 without asking. */
  diskMiB?: number;
  objects: ObjectAccess;
  table: readonly TableAction[];
  listsJobs?: boolean;
  /** What it may do with executions of the state machine. */
  executions?: readonly ExecutionAction[];
  /** Whether it reads the settings of tenants, where there are any. */
  readsTenants?: boolean;
  /** Options of node, where they are not those of all. */
  nodeOptions?: string;
  /** Whether it calls a provider: only then may it read the keys. */
  callsProvider: boolean;
}

/** The Lambdas by the name of their folder in `functions/`. */
export type LambdaName =
  | "prepare-job"
  | "submit-batch"
  | "poll-status"
  | "collect-results"
  | "answer-now"
  | "finalize-job"
  | "record-failure"
  | "sweep-jobs";

/** Keys of every job, as IAM reads them. */
const UPLOADS = `${INBOX_PREFIX}*`;
const NOTES = noteKey(UPLOADS);
const RECIPES = `${RECIPES_PREFIX}*`;
const ALL = `${JOBS_PREFIX}*`;
const PREPARE = `${jobPrefix("*")}prepare*`;
const BATCHES = `${batchesPrefix("*")}*`;
const ROWS = `${rowsPrefix("*")}*`;
const FINALIZE = `${finalizePrefix("*")}*`;
const RESULTS = `${resultsPrefix("*")}*`;

/** Every permission of every Lambda, in one place. Keys are laid out in `shared/objects/keys.ts`. */
export const LAMBDAS: Readonly<Record<LambdaName, LambdaSpec>> = {
  "prepare-job": {
    timeoutMinutes: 15,
    objects: {
      read: [UPLOADS, RECIPES, jobKey("*"), PREPARE],
      readVersions: [UPLOADS],
      write: [jobKey("*"), PREPARE, BATCHES],
      missing: true,
    },
    table: ["GetItem", "PutItem", "UpdateItem"],
    nodeOptions: LINE_OPTIONS,
    readsTenants: true,
    callsProvider: false,
  },
  "submit-batch": {
    timeoutMinutes: 15,
    objects: { read: [jobKey("*"), BATCHES] },
    table: ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"],
    readsTenants: true,
    callsProvider: true,
  },
  "poll-status": {
    timeoutMinutes: 2,
    objects: {},
    table: ["GetItem", "PutItem", "UpdateItem", "Query"],
    readsTenants: true,
    callsProvider: true,
  },
  "collect-results": {
    timeoutMinutes: 15,
    // A batch's answers pass through the disk to be put in order: 200 MB of requests can have GBs of answers.
    diskMiB: 4096,
    objects: {
      read: [jobKey("*"), BATCHES, ROWS],
      write: [BATCHES, ROWS],
    },
    table: ["GetItem", "PutItem", "UpdateItem", "DeleteItem"],
    nodeOptions: LINE_OPTIONS,
    readsTenants: true,
    callsProvider: true,
  },
  "answer-now": {
    timeoutMinutes: 15,
    // As in `collect-results`, all answers of a round are there at once.
    diskMiB: 4096,
    objects: {
      read: [jobKey("*"), BATCHES, ROWS],
      write: [ROWS],
    },
    table: ["GetItem", "UpdateItem", "Query"],
    nodeOptions: OBJECT_OPTIONS,
    readsTenants: true,
    callsProvider: true,
  },
  "finalize-job": {
    timeoutMinutes: 15,
    objects: {
      read: [UPLOADS, ALL],
      readVersions: [UPLOADS],
      write: [FINALIZE, BATCHES, RESULTS],
      missing: true,
    },
    table: ["GetItem", "UpdateItem", "Query"],
    callsProvider: false,
  },
  "record-failure": {
    timeoutMinutes: 2,
    objects: {
      read: [UPLOADS, jobKey("*"), ROWS],
      readVersions: [UPLOADS],
      write: [NOTES, reportKey("*")],
      missing: true,
    },
    table: ["GetItem", "PutItem", "UpdateItem", "Query"],
    callsProvider: false,
  },
  "sweep-jobs": {
    timeoutMinutes: 15,
    objects: { read: [UPLOADS], readVersions: [UPLOADS], missing: true },
    table: ["GetItem", "UpdateItem"],
    listsJobs: true,
    executions: ["DescribeExecution", "StartExecution"],
    callsProvider: false,
  },
};
