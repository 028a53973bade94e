/** Where this code lies: in a clone, or in the package, whose modules `npm run build` has bundled. */
import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";

/** In a clone the repository, in the package `dist/`: the nearest folder that has a `package.json`. */
export const ROOT = nearest(import.meta.dirname);

function nearest(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : nearest(dirname(folder));
}

/** The file of a program of ours, by its path from the root without an ending: TypeScript in a clone, JavaScript in the package. */
export function programFile(path: string): string {
  return join(ROOT, `${path}${extname(import.meta.filename)}`);
}
