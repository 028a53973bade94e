/** The browser of this machine, and the person in front of it. */
import { spawn } from "node:child_process";

/** Opens an address as the desktop does; where there is none, the printed address has to do. */
export function openBrowser(address: string): void {
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
