/**
 * Options of node in every Lambda. What streams through them comes in buffers of 64 KB outside of V8's heap, and few objects
 * inside. With a young generation of the usual size the cheap collections are too rare to free the buffers. V8 then marks the
 * whole heap again and again. With 1 MB, submitting takes two thirds of the CPU and of the memory (`npm run bench`).
 * A command line of Lambda's own start of Node would be stronger: `npm run bench -- --lambda-sizes` measures that.
 */
const NODE_OPTIONS = "--max-semi-space-size=1";

/**
 * Of a Lambda that reads lines. With 1 MB a buffer outlives two collections before its lines are read, and 40 MB of them wait.
 * Against 8 MB, collections with 2 MB take a tenth of its CPU more; the peak is 10 MB lower.
 */
export const LINE_OPTIONS = "--max-semi-space-size=8";

/** Of a Lambda that makes many small objects and streams little. With 1 MB, collections take a third of its CPU (`npm run bench`). */
export const OBJECT_OPTIONS = "--max-semi-space-size=16";

/**
 * Flags of V8 that `NODE_OPTIONS` does not take: the bundles set them as they start. V8 reads this one at each full collection. It
 * counts buffers outside of its heap as growth of that heap. With a limit such as Lambda's, the heap may grow by a third: V8 then marks
 * it five times for each 50 MB that pass. With a large machine's limit it is four times as much or a third: V8 measures its own
 * speed. Against a limit of 460 MB, 200 % saves a tenth of the CPU of preparing and collecting. It saves half of that of submitting
 * and finalizing. Peaks are the same (`npm run bench`).
 */
export const V8_FLAGS = "--heap-growing-percent=200";

/**
 * What every Lambda's process begins with. glibc would give each thread an arena of its own, and keep in it what the
 * thread has freed: some 20 MB. It gives memory back above 128 KB, as it begins to. Left alone, it raises that with
 * each large block that is freed, and keeps 20 MB more.
 * https://sourceware.org/glibc/manual/latest/html_node/Memory-Allocation-Tunables.html
 */
export const PROCESS_ENVIRONMENT = { NODE_OPTIONS, MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "131072" };
