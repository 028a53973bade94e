import { ApiError } from "./api-error.ts";
import type { Numbered, Records } from "./records.ts";

/** The `limit` of a listing. @throws ApiError 400 outside 1 to `max`. */
export function pageLimit(query: URLSearchParams, fallback: number, max: number): number {
  const given = query.get("limit");
  if (given === null) return fallback;
  const limit = Number(given);
  if (!Number.isInteger(limit) || limit < 1 || limit > max) {
    throw new ApiError(400, `Invalid 'limit': expected an integer from 1 to ${max}.`, { param: "limit" });
  }
  return limit;
}

/**
 * The number of the record that a listing's cursor names, null without one. A record that was deleted while
 * somebody paged keeps its place.
 * @throws ApiError 400 when there never was such a record: beginning anew would page for ever
 */
export function pageCursor(records: Records<Numbered>, query: URLSearchParams, param: string): number | null {
  const id = query.get(param);
  if (id === null) return null;
  const n = records.numberOf(id);
  if (n === undefined) throw new ApiError(400, `Invalid '${param}': no object with id '${id}'.`, { param });
  return n;
}
