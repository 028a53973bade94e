import { absurd, deep, empty } from "./answer-edits.ts";
import { addedLines, doubledLines, missingLines } from "./faults.ts";
import { changedAnswers, DOWNLOADS, everyTenthLine, type NamedFaults, REALTIME, same } from "./strikes.ts";

/** What befalls results: answers that are none, and lines that are missing, doubled or foreign. */
export const RESULT_FAULTS: NamedFaults = {
  "empty-answers": {
    what: "every tenth answer has no text: all of max_tokens was used for thinking",
    operations: [...DOWNLOADS, ...REALTIME],
    always: true,
    strike: changedAnswers(empty),
  },
  "deep-answers": {
    what: "every tenth answer is 6,000 brackets deep",
    operations: [...DOWNLOADS, ...REALTIME],
    always: true,
    strike: changedAnswers(deep),
  },
  "absurd-answers": {
    what: "every tenth answer counts 1e22 tokens",
    operations: [...DOWNLOADS, ...REALTIME],
    always: true,
    strike: changedAnswers(absurd),
  },
  "cut-results": {
    what: "a download of results breaks off after 100 bytes",
    operations: DOWNLOADS,
    strike: same({ kind: "cut", bytes: 100 }),
  },
  "whole-results": {
    what: "results come whole, whatever range is asked for",
    operations: DOWNLOADS,
    always: true,
    strike: same({ kind: "whole" }),
  },
  "missing-results": {
    what: "every tenth line of any results is not there, from the first on",
    operations: DOWNLOADS,
    always: true,
    strike: same(missingLines(everyTenthLine)),
  },
  "doubled-results": {
    what: "every tenth line of any results comes twice, from the first on",
    operations: DOWNLOADS,
    always: true,
    strike: same(doubledLines(everyTenthLine)),
  },
  "foreign-results": {
    what: "any results begin with a line of someone else's batch",
    operations: DOWNLOADS,
    always: true,
    strike: same(addedLines('{"custom_id":"of-another-batch"}')),
  },
  "broken-results": {
    what: "any results begin with a line that breaks off",
    operations: DOWNLOADS,
    always: true,
    strike: same(addedLines('{"custom_id":"br')),
  },
};
