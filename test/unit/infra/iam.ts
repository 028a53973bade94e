/** Policies as IAM decides by them, as far as ours go. */

/** A statement of a synthesized policy. */
export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** What somebody wants to do. */
export interface Request {
  action: string;
  /** By the part of the logical id that is written in the stack, without its hash: `JobBucket/jobs/j/job.json`. */
  resource: string;
  /** Condition keys that the request has, each with its values. */
  context?: Record<string, string[]>;
}

/** An element that may be one or a list. */
export const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** Whether one of the statements lets it be done, and none forbids it. */
export function allows(statements: readonly Statement[], request: Request): boolean {
  const fitting = statements.filter(
    ({ Action, Resource, Condition = {} }) =>
      list(Action).some((pattern) => like(pattern, request.action)) &&
      list(Resource).some((pattern) => like(named(pattern), request.resource)) &&
      Object.entries(Condition).every(([operator, wanted]) => holds(operator, wanted, request.context ?? {})),
  );
  return fitting.some(({ Effect }) => Effect === "Allow") && fitting.every(({ Effect }) => Effect !== "Deny");
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
function holds(
  operator: string,
  wanted: Record<string, string | string[]>,
  context: Record<string, string[]>,
): boolean {
  const [, forAll, comparison, ifExists] = /^(ForAllValues:)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  return Object.entries(wanted).every(([key, patterns]) => {
    const values = context[key];
    if (comparison === "Null") return String(values === undefined) === String(patterns);
    const equal = { StringLike: like, StringEquals: (a: string, b: string) => a === b }[comparison ?? ""];
    if (!equal) throw new Error(`the condition ${operator} is not known here`);
    const fits = (value: string) => list(patterns).some((pattern) => equal(pattern, value));
    // What has no value fits all of them.
    if (values === undefined) return Boolean(forAll ?? ifExists);
    return forAll ? values.every(fits) : values.some(fits);
  });
}

function named(value: unknown): string {
  if (typeof value === "string") return value;
  const node = value as Record<string, unknown>;
  if (node["Fn::Join"]) return (node["Fn::Join"] as [string, unknown[]])[1].map(named).join("");
  const id = (node.Ref ?? (node["Fn::GetAtt"] as string[])[0]) as string;
  return id.replace(/[0-9A-F]{8}$/, "");
}

/** Whether a text fits a pattern of IAM: `*` stands for any text, `?` for one character. */
function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
