import { spawn } from "node:child_process";

/** Longest run of one program, in ms: an install on a busy machine. */
const LONGEST = 600_000;

/** How a program ended. */
export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program with nothing of this process's npm in its environment: `npm run` would lead to the project's own Node and packages.
 * @throws Error with what it printed, when it failed and that is not `expected`
 */
export function run(
  program: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
  expected = false,
): Promise<Ran> {
  const outside = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|NODE_OPTIONS)/.test(name));
  const PATH = (process.env.PATH ?? "")
    .split(":")
    .filter((folder) => program === "npm" || !folder.includes("node_modules"))
    .join(":");
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...Object.fromEntries(outside), PATH, ...env },
      timeout: LONGEST,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0 || expected) resolve({ code, stdout, stderr });
      else
        reject(
          new Error(
            `${program} ${args.join(" ")} ended with ${code}\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`,
          ),
        );
    });
  });
}
