/**
 * Options of node in every Lambda. What streams through them comes in buffers of 64 KB outside of V8's heap, and few objects
 * inside. With a young generation of the usual size the cheap collections are too rare to free the buffers. V8 then marks the
 * whole heap again and again. With 1 MB, submitting takes half the CPU and two thirds of the memory (`npm run bench`).
 * A command line of Lambda's own start of Node would be stronger: `npm run bench -- --lambda-sizes` measures that.
 */
const NODE_OPTIONS = "--max-semi-space-size=1";

/**
 * Of a Lambda that reads lines: with 1 MB a buffer outlives two collections before its lines are read, and 40 MB of them wait.
 * With 2 MB, collections take a tenth of its CPU more than with 8 MB, and 10 MB less at the peak.
 * The heap has 90 % of the memory. With so small a limit, V8 marks it when it has grown by a third. With the limit of a large
 * machine, it waits for four times as much, garbage for the most part.
 */
export const LINE_OPTIONS = "--max-semi-space-size=8 --max-old-space-size=460";

/** Of a Lambda that makes many small objects and streams little: with 1 MB, collections take a third of its CPU (`npm run bench`). */
export const OBJECT_OPTIONS = "--max-semi-space-size=16";

/**
 * Flags that node takes from no variable, of a Lambda that streams with few objects: V8 reads this one at each full collection. It
 * counts buffers outside of its heap as growth of that heap. When the heap may grow by a third, as with 512 MB of memory, V8 marks
 * it five times for each 50 MB that pass: 0.20 s of CPU in place of 0.13, and as much memory at the peak (`npm run bench`).
 */
export const STREAM_FLAGS = "--heap-growing-percent=300";

/**
 * What every Lambda's process begins with. glibc would give each thread an arena of its own, and keep in it what the
 * thread has freed: some 20 MB. It gives memory back above 128 KB, as it begins to; left alone, it raises that with
 * each large block that is freed, and keeps 20 MB more.
 * https://sourceware.org/glibc/manual/latest/html_node/Memory-Allocation-Tunables.html
 */
export const PROCESS_ENVIRONMENT = { NODE_OPTIONS, MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "131072" };
