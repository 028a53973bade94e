/** Where `prepare-job` stopped, so that the next run resumes there: a Lambda has 15 minutes. */
import * as z from "zod";
import { JobSpec } from "../../shared/models.ts";
import { Quote } from "../../shared/money/quote.ts";
import { SampleState } from "../../shared/money/token-sample.ts";
import { prepareKey, seenKey } from "../../shared/objects/keys.ts";
import { ObjectWriter, writeWhole } from "../../shared/objects/object-writer.ts";
import { headObject, openObject, readText, writeText } from "../../shared/objects/objects.ts";
import { SeenIds } from "./seen-ids.ts";

const Cursor = z.object({
  /** How the set of ids hashes: see `SeenIds`. */
  hash: z.literal("sha256 in 8 parts"),
  /** The settings with which the job was begun: what they come from may change while it is cut. */
  spec: JobSpec.optional(),
  /** Lines of the input behind us. */
  number: z.int().nonnegative(),
  /** Byte of the plain input at which the next line begins. */
  start: z.int().nonnegative(),
  /** Items so far, valid or not, and the invalid among them. */
  lines: z.int().nonnegative(),
  invalid: z.int().nonnegative(),
  problems: z.array(z.string()),
  /** What each batch that is written costs at most. */
  batches: z.array(Quote),
  sample: SampleState,
});
type Cursor = z.infer<typeof Cursor>;

/** How far an input is cut: the cursor, and the ids so far. */
export interface CutState {
  cursor: Cursor;
  seen: SeenIds;
}

/** Before the first line. */
export function atStart(): CutState {
  return {
    cursor: {
      hash: "sha256 in 8 parts",
      number: 0,
      start: 0,
      lines: 0,
      invalid: 0,
      problems: [],
      batches: [],
      sample: { seen: 0, bytes: 0, tokens: 0 },
    },
    seen: new SeenIds(),
  };
}

/** Where the last run stopped. Null: none has, or only one of an older version. Beginning anew writes the same batches. */
export async function readCursor(job_id: string): Promise<CutState | null> {
  const text = await readText(prepareKey(job_id));
  if (text === null) return null;
  const { success, data: cursor } = Cursor.safeParse(JSON.parse(text));
  if (!success) return null;
  const key = seenKey(job_id, cursor.batches.length);
  const object = await headObject(key);
  if (!object) throw new Error(`${key} is missing`);
  return { cursor, seen: await SeenIds.read(await openObject(key), object.bytes) };
}

/** Notes where this run stops: at the end of a batch. */
export async function writeCursor(job_id: string, cursor: Cursor, seen: SeenIds): Promise<void> {
  const writer = new ObjectWriter(seenKey(job_id, cursor.batches.length), {
    contentType: "application/octet-stream",
  });
  await writeWhole([writer], async () => {
    for (const bytes of seen.bytes()) await writer.write(bytes);
  });
  await writeText(prepareKey(job_id), JSON.stringify(cursor));
}
