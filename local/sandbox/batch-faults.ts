import { notFoundYet } from "./faults.ts";
import { lateFiles, neverEnded, unknownStatus, upperCased, withoutMetadata } from "./status-edits.ts";
import {
  BATCHES,
  DOWNLOADS,
  edited,
  failedWith,
  type NamedFaults,
  VALIDATION,
  validation,
} from "./strikes.ts";

/** What befalls batches: failures, and states that come late or in other words. */
export const BATCH_FAULTS: NamedFaults = {
  "failed-batch": {
    what: "a whole batch fails with server_error",
    operations: VALIDATION,
    strike: failedWith("server_error", "The server had an error while processing your batch."),
  },
  "one-error-a-time": {
    what: "validation names one bad line, however many there are",
    operations: VALIDATION,
    always: true,
    strike: validation((found) => found.slice(0, 1)),
  },
  "late-files": {
    what: "a batch has ended, and names its results only at the third poll",
    operations: BATCHES,
    always: true,
    strike: edited(lateFiles),
  },
  "late-results": {
    what: "results are a 404 for the first two calls",
    operations: DOWNLOADS,
    always: true,
    strike() {
      const calls = new Map<string, number>();
      return ({ path }) => {
        const count = (calls.get(path) ?? 0) + 1;
        calls.set(path, count);
        return count <= 2 ? notFoundYet : undefined;
      };
    },
  },
  "upper-case": {
    what: "the words for a batch's status come in upper case",
    operations: BATCHES,
    always: true,
    strike: edited(() => upperCased),
  },
  "unknown-status": {
    what: "a batch that has not ended has a status that no documentation knows",
    operations: BATCHES,
    always: true,
    strike: edited(() => unknownStatus),
  },
  "never-ends": {
    what: "a batch is being finalized, or cancelled, for ever",
    operations: BATCHES,
    always: true,
    strike: edited(() => neverEnded),
  },
  "no-metadata": {
    what: "a batch's metadata is dropped",
    operations: BATCHES,
    always: true,
    strike: edited(() => withoutMetadata),
  },
};
