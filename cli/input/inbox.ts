/** Puts a file of this machine into the inbox: the embedded engine's, or a stack's. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { ObjectWriter } from "../../shared/objects/object-writer.ts";
import { headObject, writeText } from "../../shared/objects/objects.ts";
import { inboxOf } from "../../shared/tenants/tenant.ts";

const READ_BYTES = 1024 * 1024;
/** Longest name in a key. */
const MAX_NAME = 80;

/** A file's bytes, all pieces in the same memory: a stream's would wait for V8 to collect them, by the hundred. */
async function* pieces(file: string): AsyncGenerator<Buffer> {
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  await using handle = await open(file);
  for (;;) {
    const { bytesRead } = await handle.read(memory, 0, READ_BYTES, null);
    if (bytesRead === 0) return;
    yield memory.subarray(0, bytesRead);
  }
}

/** The file's SHA-256 in hex, and its length. @throws Error of `node:fs` when it cannot be read */
async function fileDigest(file: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of pieces(file)) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}

/**
 * Uploads a file as a stream, unless it is there already, and gives its key:
 * `inbox/_/<12 hex digits of its SHA-256>/<name>`, with the tenant in place of `_` for a tenant's file. The same file always
 * has the same key for the same `origin` (see `Backend`). The provider's address is part of a job's identity. An execution
 * that a stack's trigger starts for such a key ends at once. The command starts its own, with settings that the trigger
 * does not know.
 * @throws Error when the file changes while it is read
 */
export async function putInInbox(
  file: string,
  { tenant, origin }: { tenant?: string | undefined; origin?: string | undefined } = {},
): Promise<string> {
  const { sha256, bytes } = await fileDigest(file);
  const folder =
    origin === undefined ? sha256 : createHash("sha256").update(`${sha256}\n${origin}`).digest("hex");
  const key = `${inboxOf(tenant)}${folder.slice(0, 12)}/${objectName(file)}`;
  if ((await headObject(key))?.bytes === bytes) return key;
  const writer = new ObjectWriter(key);
  const hash = createHash("sha256");
  try {
    for await (const piece of pieces(file)) {
      hash.update(piece);
      await writer.write(piece);
    }
    if (hash.digest("hex") !== sha256)
      throw new Error(`${file} changed while it was read; run the command again`);
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return key;
}

/**
 * Puts a job's settings beside its uploaded file, and gives their key. They can hold prompts, and who reads an
 * execution's input need not be allowed to read those. The same settings always have the same key.
 */
export async function putSettings(fileKey: string, settings: Record<string, unknown>): Promise<string> {
  const text = JSON.stringify(settings);
  const key = `${fileKey}.${createHash("sha256").update(text).digest("hex").slice(0, 12)}.settings.json`;
  await writeText(key, text);
  return key;
}

/** A file's name as the last part of a key: plain characters, without its ending. */
export function objectName(file: string): string {
  const stem = basename(file).replace(/(\.jsonl|\.ndjson|\.json|\.txt)?(\.gz)?$/i, "");
  const plain = stem
    .replace(/[^a-zA-Z0-9_-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, MAX_NAME);
  return plain || "items";
}
