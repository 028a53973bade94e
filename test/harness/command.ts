/** The command, run as a process of its own in a folder of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { isAlive } from "../../local/folder-lock.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../local/sandbox/sandbox.ts";
import { BatchResult } from "../../shared/models.ts";
import { onTerminal } from "./pty.ts";

const COMMAND = join(import.meta.dirname, "../../bin/nightshift.js");

/** How a run of the command ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** When a run is to be ended from outside. */
export interface Kill {
  signal: NodeJS.Signals;
  /** Matches what it printed to stdout. */
  when: RegExp;
  before?: () => Promise<void>;
}

/** A command that is running. */
export class Running {
  readonly ended: Promise<Ended>;
  stdout = "";
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, stdout: this.stdout, stderr }));
    });
  }

  /** Resolves when what it printed to stdout matches, or it has ended. */
  async prints(what: RegExp): Promise<void> {
    while (!what.test(this.stdout) && this.#child.exitCode === null && this.#child.signalCode === null)
      await Promise.race([once(this.#child.stdout, "data"), this.ended]);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  endInput(): void {
    this.#child.stdin.end();
  }
}

/** A folder to run the command in, and files in it. */
export class Place {
  readonly dir = mkdtempSync(join(tmpdir(), "nightshift-cli-"));
  /** The whole environment of the command but for `PATH`; a key in the tester's own does not reach it. */
  env: Record<string, string> = {};

  constructor() {
    onTestFinished(() => {
      for (const pid of this.hosts()) process.kill(pid, "SIGKILL");
      rmSync(this.dir, { recursive: true, force: true });
    });
  }

  /** Processes that have a data folder here, of commands that are still running or of their own. */
  hosts(): number[] {
    const files = globSync(".nightshift/**/host.json", { cwd: this.dir });
    const pids = files.flatMap((file) => {
      try {
        return [(JSON.parse(this.read(file)) as { pid: number }).pid];
      } catch (error) {
        // A host that ends takes its file away, perhaps just now.
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    });
    return pids.filter((pid) => isAlive(pid));
  }

  /** Starts a sandbox that the command takes for the real providers, with keys that it accepts. */
  async provider(options: SandboxOptions = {}): Promise<Sandbox> {
    const sandbox = await startSandbox({ latencySeconds: 0.2, ...options });
    onTestFinished(() => sandbox.close());
    this.env = {
      OPENAI_BASE_URL: sandbox.openaiBaseUrl,
      ANTHROPIC_BASE_URL: sandbox.anthropicBaseUrl,
      OPENAI_API_KEY: "test-key-openai",
      ANTHROPIC_API_KEY: "test-key-anthropic",
    };
    return sandbox;
  }

  /** `provider`, whose batches stand still until `release` is called: a command can be met at work. */
  async standingProvider(): Promise<{ provider: Sandbox; release: () => void }> {
    const begun = Date.now();
    let stands = true;
    const clock = () => (stands ? begun : Date.now());
    const provider = await this.provider({ latencySeconds: 1, clock });
    const release = () => {
      stands = false;
    };
    return { provider, release };
  }

  /** Writes a file; lists become lines, and what is no text in them JSON. */
  file(name: string, content: string | Uint8Array | unknown[]): string {
    const text = Array.isArray(content)
      ? content.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("")
      : content;
    writeFileSync(join(this.dir, name), text);
    return name;
  }

  read(name: string): string {
    return readFileSync(join(this.dir, name), "utf8");
  }

  results(out = "out"): BatchResult[] {
    const lines = this.read(join(out, "results.jsonl")).split("\n").slice(0, -1);
    return lines.map((line) => BatchResult.parse(JSON.parse(line)));
  }

  /** Starts the command. */
  start(args: string[]): Running {
    return this.#spawn([process.execPath, COMMAND, ...args]);
  }

  /** Runs a program of the folder to its end. */
  program(file: string): Promise<Ended> {
    return this.#spawn([process.execPath, file]).ended;
  }

  /** Starts the command on a terminal of 80 columns: what it prints there is its stdout, and what is typed its stdin. */
  startOnTerminal(args: string[]): Running {
    return this.#spawn(onTerminal([process.execPath, COMMAND, ...args]));
  }

  #spawn([program = "", ...args]: string[]): Running {
    const env = { PATH: process.env.PATH ?? "", TERM: "xterm", ...this.env };
    return new Running(spawn(program, args, { cwd: this.dir, env }));
  }

  /**
   * Runs the command to its end. `kill`: sends a signal as soon as its output matches and `before` is done.
   */
  async run(args: string[], kill?: Kill): Promise<Ended> {
    const running = this.start(args);
    if (kill) {
      await running.prints(kill.when);
      await kill.before?.();
      running.kill(kill.signal);
    }
    return running.ended;
  }

  /** `run` for OpenAI with the outputs in `out`. */
  openai(file: string, ...more: string[]): Promise<Ended> {
    return this.run([
      ...["run", file, "--provider", "openai", "--model", "gpt-4.1-mini"],
      ...["--out", "out", "--min-poll-seconds", "1", ...more],
    ]);
  }
}

/** An item that is valid for either provider. */
export const item = (custom_id: string, user_message = `about ${custom_id}`) => ({ custom_id, user_message });
