/**
 * Options of node in every Lambda. What streams through them comes in buffers of 64 KB outside of V8's
 * heap, and few objects inside: with a young generation of the usual size the cheap collections are too rare
 * to free the buffers, and the whole heap is marked again and again to be rid of them. With 1 MB, submitting
 * takes half the CPU and two thirds of the memory (`npm run bench`, which runs with these options too).
 * Not sure on AWS: see `LAMBDA_SIZES`.
 */
export const NODE_OPTIONS = "--max-semi-space-size=1";

/**
 * What Lambda's own start of Node (`/var/runtime/bootstrap`) gave it on the command line in the runtime nodejs18.x, for 512 MB: 5 and 90 % of
 * the memory. The command line is stronger than `NODE_OPTIONS`; whether nodejs24.x still does so is to be seen on AWS. With them
 * submitting takes 2.5 times the floor's CPU in place of 1.1, and the highest peak is 300 MB (`npm run bench -- --items 1000000 --lambda-sizes`).
 */
export const LAMBDA_SIZES = ["--max-semi-space-size=25", "--max-old-space-size=461"] as const;
