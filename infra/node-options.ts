/**
 * Options of node in every Lambda. What streams through them comes in buffers of 64 KB outside of V8's
 * heap; with a young generation of the usual size they outlive the cheap collections, and the whole heap is
 * marked again and again to be rid of them. With 4 MB, submitting 200 MB takes half the CPU, and preparing
 * a million lines two thirds of the memory (`npm run bench`, which runs with these options too).
 */
export const NODE_OPTIONS = "--max-semi-space-size=4";
