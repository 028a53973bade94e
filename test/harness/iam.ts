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

/** The patterns so far, as expressions. */
const patterns = new Map<string, RegExp>();

/** An element that may be one or a list. */
export const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** Whether one of the statements lets it be done, and none forbids it. */
export function allows(statements: readonly Statement[], request: Request): boolean {
  const fitting = statements.filter(({ Action, Resource, Condition = {} }) =>
    list(Action).some((pattern) =>
      list(Resource).some((resource) =>
        isFor({ action: pattern, resource: named(resource), Condition }, request),
      ),
    ),
  );
  return fitting.some(({ Effect }) => Effect === "Allow") && fitting.every(({ Effect }) => Effect !== "Deny");
}

/** Part of a statement: one action on one pattern of resources, named as in `Request`. */
export interface Grant {
  action: string;
  resource: string;
  Condition: NonNullable<Statement["Condition"]>;
}

/** What statements allow, one by one. @throws Error at a `Deny` */
export function grantsOf(statements: readonly Statement[]): Grant[] {
  return statements.flatMap(({ Effect, Action, Resource, Condition = {} }) => {
    if (Effect !== "Allow") throw new Error(`a statement with the effect ${Effect} is not known here`);
    return list(Action).flatMap((action) =>
      list(Resource).map((resource) => ({ action, resource: named(resource), Condition })),
    );
  });
}

/** Whether a grant is for an action. */
export function isForAction({ action }: Pick<Grant, "action">, wanted: string): boolean {
  return like(action, wanted);
}

/** Whether a grant is for a request. */
export function isFor({ action, resource, Condition }: Grant, request: Request): boolean {
  return (
    isForAction({ action }, request.action) &&
    like(resource, request.resource) &&
    Object.entries(Condition).every(([operator, wanted]) => holds(operator, wanted, request.context ?? {}))
  );
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
    const equal = { ArnLike: like, StringLike: like, StringEquals: (a: string, b: string) => a === b }[
      comparison ?? ""
    ];
    if (!equal) throw new Error(`the condition ${operator} is not known here`);
    const fits = (value: string) => list(patterns).some((pattern) => equal(named(pattern), value));
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
  let fits = patterns.get(pattern);
  if (!fits) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    fits = new RegExp(`^${source}$`, "s");
    patterns.set(pattern, fits);
  }
  return fits.test(text);
}
