/** How many batches an account may create in an hour: counted over all its jobs, by the clock's hours. */
import { type Account, accountName } from "../tenants/account.ts";
import { addUpTo } from "./table.ts";

const HOUR = 3600;

/**
 * Takes one of this hour's creates. A count by the clock's hours lets through up to twice the limit
 * around a full hour. The provider's own 429 is waited for all the same.
 * @returns seconds to wait when the hour's are used up, else 0
 */
export async function takeCreate(
  account: Account,
  perHour: number | undefined,
  now: number,
): Promise<number> {
  if (perHour === undefined) return 0;
  const hour = Math.floor(now / HOUR);
  const key = { pk: `rate#${accountName(account)}`, sk: `hour#${hour}` };
  // TTL of the table: the count is of no use a day later.
  if (await addUpTo(key, "creates", perHour, { expires_at: (hour + 25) * HOUR })) return 0;
  return Math.ceil((hour + 1) * HOUR - now);
}
