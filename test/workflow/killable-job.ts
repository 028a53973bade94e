/** A job's process that tests kill: at a state, or at a call of the sandbox that stands in for its provider. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { EngineEvent } from "../../local/engine/engine-event.ts";
import type { Fault } from "../../local/sandbox/faults.ts";
import type { Sandbox } from "../../local/sandbox/sandbox.ts";
import { ProviderName } from "../../shared/models.ts";
import { ENV } from "../../shared/names.ts";
import { variablesTo } from "../harness/providers.ts";
import type { Assignment, Ending } from "./job-process.ts";

const PROCESS = join(import.meta.dirname, "job-process.ts");

/** The process, in one life after the other. */
export class KillableJob {
  #child: ChildProcess | undefined;

  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  /** The provider acts on the call, and kills the process: its answer is on the way to nobody. */
  killedAfterCall(): Fault {
    const kill = () => this.kill();
    return {
      kind: "lose",
      // Read once the call was acted on.
      get answer() {
        kill();
        return { status: 500 };
      },
    };
  }

  /** One life of the process. `end` is undefined when it was killed before. */
  async live(
    assignment: Assignment,
    sandbox: Sandbox,
    onEvent?: (event: EngineEvent) => void,
  ): Promise<{ signal: NodeJS.Signals | null; end: Ending | undefined }> {
    const env = {
      ...process.env,
      ...variablesTo(ProviderName.parse(assignment.job.provider), sandbox),
      [ENV.createSettle]: "0.5",
    };
    const stdio: ["pipe", "pipe", "inherit"] = ["pipe", "pipe", "inherit"];
    const child = spawn(process.execPath, [PROCESS, JSON.stringify(assignment)], { env, stdio });
    this.#child = child;
    // It may have been killed while it waits for its byte.
    child.stdin.on("error", () => {});
    const exited = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once("exit", (_, signal) => resolve(signal)),
    );
    let end: Ending | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      const told = JSON.parse(line) as EngineEvent | Ending;
      if (told.type === "end") end = told;
      else {
        onEvent?.(told);
        if (!child.killed) child.stdin.write("\n");
      }
    }
    return { signal: await exited, end };
  }
}
