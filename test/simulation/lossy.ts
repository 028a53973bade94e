/** AWS's ways to fail a call, and what its SDK makes of them: up to three tries, also of a call that took effect. */
import type { World } from "./world.ts";

/**
 * Runs `act` as the SDK would through a service that refuses, or whose answers get lost. A call whose
 * answer was lost is sent again: a conditional write then fails on what it has itself written.
 */
export async function lossy<T>(
  world: World,
  service: "table" | "bucket",
  refusal: () => Error,
  act: () => T,
): Promise<T> {
  const { faults, time } = world;
  if (faults.strikes(service === "table" ? "table throttled" : "bucket unavailable")) {
    await time.sleep(world.between(50, 1500));
    if (world.between(0, 2) === 0) throw refusal();
  }
  if (faults.strikes(service === "table" ? "table answer lost" : "bucket answer lost")) {
    act();
    await time.sleep(world.between(50, 5000));
    if (world.between(0, 2) === 0) throw Object.assign(new Error("socket hang up"), { name: "TimeoutError" });
  }
  return act();
}
