/** The time in Unix seconds, with a fraction. */
export const unixNow = (): number => Date.now() / 1000;
