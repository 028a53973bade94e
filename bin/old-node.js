import zlib from "node:zlib";

/** What an older Node is told that runs `what`; undefined on one that can. Plain JavaScript: an old Node must get as far as this. */
export function oldNode(what) {
  // Zstandard, the newest of what is used, came with 22.15 and 23.8.
  if ("createZstdDecompress" in zlib) return undefined;
  return `this is Node ${process.version}, and ${what} needs Node 22.15, 23.8 or newer (https://nodejs.org)`;
}
