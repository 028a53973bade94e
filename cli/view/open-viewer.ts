/** A viewer for the person in front of this machine. */
import { spawn } from "node:child_process";
import type { Backend } from "../backend/backend.ts";
import type { PlaceFlags } from "../options.ts";
import { Jobs } from "./jobs.ts";
import { startViewer, type Viewer } from "./server.ts";

export interface Viewed {
  /** A job's id, or its beginning; without one, all jobs are shown. */
  id?: string | undefined;
  /** The backend that has the job under way; its whole id is then given. */
  backend?: Backend;
  /** Whether the browser is opened, too. */
  open?: boolean | undefined;
  port?: number;
}

/** Starts a viewer. @returns it, at the page of the job @throws UsageError when no job is meant, or several */
export async function openViewer(flags: PlaceFlags, { id, backend, open, port }: Viewed): Promise<Viewer> {
  const jobs = new Jobs(flags, backend);
  // A job that was just submitted has no record yet.
  const job_id = backend || !id ? id : await jobs.with(id, async ({ job }) => job.job_id);
  const viewer = await startViewer(jobs, port);
  const url = job_id ? `${viewer.url}#${encodeURIComponent(job_id)}` : viewer.url;
  if (open) openBrowser(url);
  return { ...viewer, url };
}

/** Opens an address as the desktop does; where there is none, the printed address has to do. */
function openBrowser(address: string): void {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open"]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", ""]
        : ["xdg-open"];
  spawn(command ?? "", [...args, address], { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}

/** Resolves when the process is asked to end (Ctrl-C): the viewer runs until then. */
export async function untilInterrupted(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
}
