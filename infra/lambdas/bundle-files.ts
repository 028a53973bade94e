/** Names of files, for the program that bundles and for the app that deploys: neither needs the packages of the other. */

/** Beside each bundle: environment variables that are too long for Lambda's own, which takes 4 KB in all. */
export const SETTINGS_FILE = "settings.json";

/** Beside each bundle: the files of each protocol's code, which a stack without its providers leaves out. */
export const PROTOCOLS_FILE = "protocols.json";
