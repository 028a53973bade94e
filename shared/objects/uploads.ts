/** Which objects under `inbox/` are files that a person uploads, and the note beside one that became no job. */
import { noteKey } from "./keys.ts";
import { writeText } from "./objects.ts";

/** What the command uploads: `inbox/<tenant, or _>/<12 hex digits>/<name>`. It starts the job itself, with settings. */
const COMMANDS_OWN = /^inbox\/[^/]+\/[0-9a-f]{12}\/[^/]+$/;

/** Whether an object is there for another reason than to start a job: a folder's marker, a note, what the command uploads. */
export function startsNoJob(key: string): boolean {
  return key.endsWith("/") || key.endsWith(noteKey("")) || COMMANDS_OWN.test(key);
}

/** Writes down beside an upload why it became no job. `now`: Unix seconds. */
export async function writeNote(key: string, error: string, now: number): Promise<void> {
  const at = new Date(now * 1000).toISOString();
  const text = `${key} did not become a job of Nightshift.\n${at}: ${error}\nCorrect it and upload it again. You may delete this note.\n`;
  await writeText(noteKey(key), text, "text/plain; charset=utf-8");
}
