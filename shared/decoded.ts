/** A part of a path as text; `otherwise` where its percent signs stand for none. */
export function decodedOr<T>(part: string, otherwise: T): string | T {
  try {
    return decodeURIComponent(part);
  } catch {
    return otherwise;
  }
}
