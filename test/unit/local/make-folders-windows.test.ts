import { expect, onTestFinished, test, vi } from "vitest";

// It called itself until the stack was full: nothing is above a drive.
test("a drive of Windows that is not there is an error", async () => {
  const path = await vi.importActual<typeof import("node:path")>("node:path");
  vi.doMock("node:path", () => path.win32);
  vi.doMock("node:fs", () => ({
    existsSync: () => false,
    mkdirSync: () => {
      throw Object.assign(new Error("no such drive"), { code: "ENOENT" });
    },
  }));
  vi.resetModules();
  onTestFinished(() => {
    for (const name of ["node:path", "node:fs"]) vi.doUnmock(name);
    vi.resetModules();
  });
  const { makeFolders } = await import("../../../local/make-folders.ts");
  expect(() => makeFolders("Z:\\data\\nightshift")).toThrow("Z:\\data cannot be made");
});
