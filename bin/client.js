// What `import` of the client loads. A program that requires it gets its code at once: this file waits for it.
import { oldNode } from "./old-node.js";

const problem = oldNode("nightshift/client");
if (problem) throw new Error(problem);
export const { Nightshift, openNightshift } = await import("../dist/cli/client/client.js");
