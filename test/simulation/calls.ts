/** The gate that every call of a Lambda passes: it takes time, and the Lambda may die on either side of it. */
import { never, type World } from "./world.ts";

/** The longest a stalled Lambda stops, in ms: within the 15 minutes that it may run. */
const LONGEST_STALL = 14 * 60_000;

/**
 * Sends a call and brings its answer back. `act` is what the other side does when the call arrives;
 * a call that was sent arrives even when its sender is dead by then.
 */
export async function call<T>(world: World, name: string, act: () => T | Promise<T>): Promise<T> {
  const { faults, time } = world;
  const run = world.runs.getStore();
  if (run?.dead) return never();
  if (run && faults.strikes("killed before a call")) {
    world.note(`killed before ${name}`);
    run.die("Runtime.ExitError");
    return never();
  }
  if (run && faults.strikes("runs twice at once")) {
    world.note(`given up before ${name}`);
    run.detach("Lambda.Unknown");
  }
  if (run && faults.strikes("stalled")) {
    world.note(`stalls before ${name}`);
    await time.sleep(world.between(1000, LONGEST_STALL));
    if (run.dead) return never();
  }
  await time.sleep(world.latency());
  try {
    const result = await act();
    world.note(name);
    if (run && faults.strikes("killed after a call")) {
      world.note(`killed after ${name}`);
      run.die("Runtime.ExitError");
    }
    await time.sleep(world.latency());
    if (run?.dead) return await never();
    return result;
  } catch (error) {
    world.note(`${name}: ${(error as Error).name}`);
    await time.sleep(world.latency());
    if (run?.dead) return await never();
    throw error;
  }
}
