/** The command as npm installs it: built, and in a folder without sources. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { ROOT } from "../../shared/package-root.ts";

/** An installed package. */
export interface InstalledPackage {
  /** The command's file. */
  command: string;
  remove(): void;
}

/** Builds `dist/`, and copies what the package holds. Its code is bundled with its dependencies: they are not installed. */
export function installPackage(): InstalledPackage {
  const build = join(ROOT, "infra/programs/build.ts");
  const { status } = spawnSync(process.execPath, [build], { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) throw new Error("the package could not be built");
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), "nightshift-package-"));
  for (const file of [...packageJson.files, "package.json"])
    cpSync(join(ROOT, file), join(dir, file), { recursive: true });
  return {
    command: join(dir, packageJson.bin.nightshift),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
