import { unixNow } from "../../shared/clock.ts";
import { BatchState } from "../../shared/payload.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import { pollStatus } from "./poll-status.ts";

/** State `PollStatus`. */
export async function handler(event: unknown): Promise<BatchState> {
  return pollStatus(BatchState.parse(event), { provider: providerOf, now: unixNow });
}
