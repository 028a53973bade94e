/** Memory that is given back at once. */

/**
 * Frees the memory of bytes that nothing will read again; they are empty afterwards. V8 would free it only when it next marks
 * its whole heap: it sees few objects, however large their buffers are. Bytes that share their memory with others stay.
 */
export function release({ buffer, byteLength }: Uint8Array | Uint32Array): void {
  if (byteLength > 0 && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
