/** The viewer of a command that has a job under way. */
import type { Backend } from "../backend/backend.ts";
import type { PlaceFlags } from "../options.ts";
import { Jobs } from "./jobs.ts";
import { openBrowser } from "./open-browser.ts";
import { startViewer, type Viewer } from "./server.ts";

/** Starts a viewer beside a job, over its backend. `open`: in the browser, too. @returns it, at the job's page */
export async function viewJob(
  job_id: string,
  { backend, flags, open }: { backend: Backend; flags: PlaceFlags; open: boolean },
): Promise<Viewer> {
  const viewer = await startViewer(new Jobs(flags, backend));
  const url = `${viewer.url}#${encodeURIComponent(job_id)}`;
  if (open) openBrowser(url);
  return { ...viewer, url };
}
