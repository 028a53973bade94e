/**
 * The contracts of Nightshift: what users write, what they get, and what the table and the events
 * carry. Field names are the wire names. Types are inferred from the schemas.
 */
export { firstProblem } from "./human-issues.ts";
export * from "./models/job-spec.ts";
export * from "./models/money.ts";
export * from "./models/results.ts";
