/**
 * The job's last round. A provider may refuse a batch of few requests (Bedrock: below 100). What each batch leaves over
 * for want of more waits until all batches are done. It is then sent in one more batch, whose number comes after the
 * others'.
 */
import * as z from "zod";
import { Quote } from "../money/quote.ts";
import { leftoversKey } from "./keys.ts";
import { readText, writeText } from "./objects.ts";

const Leftovers = z.object({
  /** The number of the batch that it makes. */
  batch: z.int().positive(),
  /** The batches whose left-over items are in it. */
  from: z.array(z.int().positive()),
  quote: Quote,
});
export type Leftovers = z.infer<typeof Leftovers>;

/** What the last round is made of; null when there is none. */
export async function readLeftovers(job_id: string): Promise<Leftovers | null> {
  const text = await readText(leftoversKey(job_id));
  return text === null ? null : Leftovers.parse(JSON.parse(text));
}

/** Writes it, once its requests are there. */
export function writeLeftovers(job_id: string, leftovers: Leftovers): Promise<void> {
  return writeText(leftoversKey(job_id), JSON.stringify(leftovers));
}
