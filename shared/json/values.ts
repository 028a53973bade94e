/** Parts of JSON values as they came: any field may be missing, or be of another kind. */

/** A JSON object, as `JSON.parse` gives it. */
export type Json = Record<string, unknown>;

/** Whether a value is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object under a key, or an empty one: what providers send may lack or null any field. */
export function objectAt(object: Json, key: string): Json {
  const value = object[key];
  return isObject(value) ? value : {};
}

/** The array under a key, or an empty one. */
export function listAt(object: Json, key: string): unknown[] {
  const value = object[key];
  return Array.isArray(value) ? value : [];
}

/** The objects in the array under a key; anything else in it is left out. */
export function objectsAt(object: Json, key: string): Json[] {
  return listAt(object, key).filter(isObject);
}

/** The text under a key, or null when there is none or it is empty. */
export function textAt(object: Json, key: string): string | null {
  const value = object[key];
  return typeof value === "string" && value !== "" ? value : null;
}

/** The finite number under a key, or undefined. */
export function numberAt(object: Json, key: string): number | undefined {
  const value = object[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** More than any batch can have of anything: a larger count is a mistake, and sums of it would not be exact. */
const MOST = 1e12;

/** The count under a key as a whole number from 0 to 1e12, or undefined. */
export function countAt(object: Json, key: string): number | undefined {
  const value = numberAt(object, key);
  return value === undefined || value < 0 || value > MOST ? undefined : Math.floor(value);
}

/** The JSON value of a text, or `other` when it is none. */
export function jsonOr<T>(text: string, other: T): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return other;
  }
}

export function isJson(text: string): boolean {
  return jsonOr(text, undefined) !== undefined;
}
