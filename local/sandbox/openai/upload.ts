import { createWriteStream } from "node:fs";
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import busboy from "busboy";
import { ApiError } from "../api-error.ts";

/** What a multipart upload held; its file is on disk. */
export interface Upload {
  filename: string;
  bytes: number;
  utf8: boolean;
  fields: Map<string, string>;
}

/**
 * Streams the form of `POST /files` to disk.
 * @throws ApiError 400 when it is no such form, or the file is empty or above `maxBytes`.
 */
export async function receiveUpload(
  request: IncomingMessage,
  path: string,
  maxBytes: number,
): Promise<Upload> {
  let form: busboy.Busboy;
  try {
    form = busboy({ headers: request.headers, limits: { fileSize: maxBytes + 1, files: 1 } });
  } catch {
    throw new ApiError(400, "Could not parse multipart form.");
  }
  const upload: Upload = { filename: "", bytes: 0, utf8: true, fields: new Map() };
  const decoder = new TextDecoder("utf-8", { fatal: true });
  function checkUtf8(chunk?: Buffer): void {
    try {
      if (upload.utf8) decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      upload.utf8 = false;
    }
  }
  let written: Promise<void> | undefined;
  let received = false;
  form.on("field", (name, value) => upload.fields.set(name, value));
  form.on("file", (name, stream, { filename }) => {
    if (name !== "file") {
      stream.resume();
      return;
    }
    received = true;
    upload.filename = filename ?? "";
    stream.on("data", (chunk: Buffer) => {
      upload.bytes += chunk.length;
      checkUtf8(chunk);
    });
    // Without its reader the form would wait for ever.
    written = pipeline(stream, createWriteStream(path)).catch((error: Error) => {
      form.destroy(error);
      throw error;
    });
    written.catch(() => undefined);
  });
  try {
    await pipeline(request, form);
    await written;
  } catch (error) {
    if (codeOf(error) === "ENOSPC") throw error;
    throw new ApiError(400, "Could not parse multipart form: the body ended early.", { code: codeOf(error) });
  }
  checkUtf8();
  if (!received) throw new ApiError(400, "Missing required parameter: 'file'.", { param: "file" });
  if (upload.bytes > maxBytes) {
    throw new ApiError(400, `File is too large: the limit is ${maxBytes} bytes.`, { param: "file" });
  }
  if (upload.bytes === 0) throw new ApiError(400, "File is empty.", { param: "file" });
  return upload;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "invalid_form";
}
