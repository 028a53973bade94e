/** A retry in real time from its first request until its answers are in the job's files: it may be killed at any time. */
import { rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { HeldRoom } from "../../local/held-room.ts";
import { readPrivate, writePrivate } from "../../local/private-file.ts";
import type { PickedRow } from "../input/pick-rows.ts";
import { KeptAnswers } from "../try/kept-answers.ts";

const Attempt = z.object({
  /** In the summary of the files that have its answers: they are placed, and paid, once. */
  id: z.string(),
  /** Who was asked: the next retry may ask another. */
  model: z.string(),
  /** Requests that may have been paid, and whose answers are not kept: those under way, until nothing is. */
  unknown: z.int().nonnegative(),
});
export type Attempt = z.infer<typeof Attempt>;

const fileIn = (folder: string) => join(folder, "attempt.json");
const answersFolder = (folder: string) => join(folder, "answers");

/** Notes an attempt before it asks, and again when nothing is under way. @throws Error of a full disk */
export function writeAttempt(folder: string, attempt: Attempt): void {
  writePrivate(fileIn(folder), attempt);
}

/** The attempt whose answers are not in the job's files, or not surely; null when there is none. */
export const readAttempt = (folder: string) => readPrivate(fileIn(folder), Attempt);

export const answersIn = (folder: string, room?: HeldRoom) => new KeptAnswers(answersFolder(folder), room);

/** Forgets an attempt: the job's files have what it got. */
export async function endAttempt(folder: string): Promise<void> {
  await rm(answersFolder(folder), { recursive: true, force: true });
  rmSync(fileIn(folder), { force: true });
}

/** A row: of those that can be asked, each has an id of its own. Two may ask the same: each has an answer, and is paid. */
export const identityOf = ({ custom_id, body }: PickedRow) => [custom_id, body];
