/** An escape of a JSON string; the group is the code unit of `\uXXXX`. */
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|.)/g;

/**
 * Whether a JSON text holds half a surrogate pair, such as `\ud83d` without its second half. JSON.parse accepts it,
 * but no UTF-8 text can carry it, so providers refuse it.
 */
export function hasLoneSurrogate(json: string): boolean {
  if (!/\\u[dD]/.test(json)) return false;
  let due: number | null = null;
  for (const { 1: hex, index } of json.matchAll(ESCAPE)) {
    const unit = hex === undefined ? 0 : Number.parseInt(hex, 16);
    const low = unit >= 0xdc00 && unit <= 0xdfff;
    if (low !== (due === index) || (due !== null && due !== index)) return true;
    due = unit >= 0xd800 && unit <= 0xdbff ? index + 6 : null;
  }
  return due !== null;
}
