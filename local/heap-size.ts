/** Keeps V8's heap small, in a process of the command. */
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes of the young generation from which it stays as it is; it may be twice as large by then. */
const YOUNG_BYTES = 8_000_000;
/** Bytes of the heap from which V8 collects sooner, and rather saves memory than time. */
const HEAP_BYTES = 48_000_000;
/** Microseconds of work after which a process collects garbage before it exits. */
const WORK = 500_000;
/** Milliseconds between two looks. */
const INTERVAL = 20;

/**
 * A long job has few objects that live long. Still V8 would let its young generation grow to 134 MB, and leave as much garbage
 * in the old one. That is half of the command's memory, and saves no time (`npm run bench:peers`). V8 reads its flags for
 * greatest sizes as a process starts, where only the user's command line can set them. It reads these two as it works. V8 makes
 * a generation smaller while little happens, so growth must become possible again.
 */
export function keepHeapSmall(): void {
  let young = true;
  let whole = true;
  setInterval(() => {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    const youngIsSmall = (space?.space_size ?? 0) < YOUNG_BYTES;
    if (youngIsSmall !== young) setFlagsFromString(`--semi-space-growth-factor=${youngIsSmall ? 2 : 1}`);
    young = youngIsSmall;
    const wholeIsSmall = getHeapStatistics().total_heap_size < HEAP_BYTES;
    if (wholeIsSmall !== whole)
      setFlagsFromString(wholeIsSmall ? "--no-optimize-for-size" : "--optimize-for-size");
    whole = wholeIsSmall;
  }, INTERVAL).unref();
  process.on("exit", () => {
    if (process.cpuUsage().user > WORK) collectGarbage();
  });
}

/**
 * As node exits, it waits for the threads in which V8 compiles. A thread that finds the heap full waits until the main thread
 * collects garbage. Neither goes on (node 24.21, nodejs/node#54918). After a collection there is room. A short command
 * compiles nothing, and would feel the 10 ms.
 */
function collectGarbage(): void {
  setFlagsFromString("--no-optimize-for-size");
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
