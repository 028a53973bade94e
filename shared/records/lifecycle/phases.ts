/**
 * The life of one round of a batch: its phases, and the transitions between them. The files beside this one write them:
 * `sending` up to the create's answer, `at-provider` from there to the rows, `real-time` where no batch is waited for.
 *
 *                  begin
 *                    ▼
 *   ┌────────────► planned ─────── createRejected, endedUnsent ────┐
 *   │                │  ▲                                          │
 *   │ takeOver       │  └─ takeOver, rejectedForCapacity           │
 *   │ createAbandoned│ aboutToCreate                               │
 *   │                ▼                                             │
 *   ├──────────── creating ─────── createRejected, endedUnsent ────┤
 *   │                │  ▲                                          │
 *   │         joined │  └─ createLost, passedOver; disowned ◄──────┤
 *   │ rejectedFor…   ▼                                             ▼
 *   └─────────── at_provider ─────── polled ► ◄ reopened ───────► ended ── collected ──► collected
 *                    └─────────────── overtaken (also from creating) ─┘▲
 *   planned ── asking ──► asking ── answered ──────────────────────────┘
 *
 * A round is asked in real time instead of being sent as a batch when it began so, or after `turned`. `overtaken` leaves
 * a batch unended: from then on its answers are no rows, only money (`lateFound`, `lateSeen`, `lateSettled`).
 *
 * `joined` also leads from planned, when a folder was set back to a time before its create. `TRANSITIONS` is the same as
 * data. A transition writes only if the record is still as its caller read it (the fence). It returns the new record, or
 * null when another run was faster: the caller then reads again.
 */
import { hasEnded } from "../../models.ts";
import type { BatchRecord } from "../batch-record.ts";

/**
 * `planned`: no batch can exist at the provider. `creating`: one may exist, its id is not known. `at_provider`: its id
 * is known. `asking`: it is being asked in real time. `ended`: nothing that its rows need runs any more, the rows are not
 * written. `collected`: the rows are in S3.
 */
export type Phase = "planned" | "creating" | "at_provider" | "asking" | "ended" | "collected";

/** Where a transition may start, and where it leads; null: the phase stays. */
export const TRANSITIONS = {
  takeOver: { from: ["planned", "creating"], to: "planned" },
  waiting: { from: ["planned", "creating"], to: null },
  // From `creating` too: a write whose answer was lost is sent again by the AWS SDK.
  aboutToCreate: { from: ["planned", "creating"], to: "creating" },
  createRejected: { from: ["planned", "creating"], to: "ended" },
  createLost: { from: ["creating"], to: "creating" },
  createAbandoned: { from: ["planned", "creating"], to: "planned" },
  passedOver: { from: ["creating"], to: "creating" },
  // From `planned` after a folder was set back: its batch is found though no create is recorded.
  joined: { from: ["planned", "creating"], to: "at_provider" },
  endedUnsent: { from: ["planned", "creating"], to: "ended" },
  polled: { from: ["at_provider"], to: null },
  rejectedForCapacity: { from: ["at_provider"], to: "planned" },
  rejectedForAccount: { from: ["at_provider"], to: "planned" },
  proved: { from: ["at_provider", "ended", "collected"], to: null },
  disowned: { from: ["ended"], to: "creating" },
  reopened: { from: ["ended"], to: "at_provider" },
  paused: { from: ["ended"], to: "ended" },
  collected: { from: ["ended"], to: "collected" },
  filesDeleted: { from: ["collected"], to: "collected" },
  turned: { from: ["planned", "creating"], to: "planned" },
  overtaken: { from: ["creating", "at_provider"], to: "ended" },
  asking: { from: ["planned", "asking"], to: "asking" },
  kept: { from: ["asking"], to: "asking" },
  answered: { from: ["asking"], to: "ended" },
  lateFound: { from: ["collected"], to: "collected" },
  lateSeen: { from: ["collected"], to: "collected" },
  lateSettled: { from: ["collected"], to: "collected" },
} as const satisfies Record<string, { from: readonly Phase[]; to: Phase | null }>;

export type Transition = keyof typeof TRANSITIONS;

/** The phase that a record's fields amount to; no field holds it. */
export function phaseOf(record: BatchRecord): Phase {
  const { status, collected, creating_at, provider_batch_id, asking_at } = record;
  if (collected) return "collected";
  if (hasEnded(status)) return "ended";
  if (provider_batch_id !== undefined) return "at_provider";
  if (asking_at !== undefined) return "asking";
  return creating_at === undefined ? "planned" : "creating";
}
