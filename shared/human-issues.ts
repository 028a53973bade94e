/** What is wrong with a value, in words that follow its name: `max_tokens: must be at least 1`. */
import * as z from "zod";

const KINDS: ReadonlyMap<string, string> = new Map([
  ["string", "a string"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "an object"],
  ["record", "an object"],
  ["null", "null"],
]);

type Issue = Parameters<NonNullable<ReturnType<typeof z.config>["customError"]>>[0];

/** The words of an issue; undefined leaves it to zod's own. */
function words(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is missing";
      return `must be ${KINDS.get(issue.expected) ?? issue.expected}`;
    case "too_small":
      return limit(
        issue.origin,
        "at least",
        issue.inclusive === false ? "more than" : undefined,
        issue.minimum,
      );
    case "too_big":
      return limit(
        issue.origin,
        "at most",
        issue.inclusive === false ? "less than" : undefined,
        issue.maximum,
      );
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return "has a form that is not allowed";
    default:
      return undefined;
  }
}

function limit(
  origin: string,
  inclusive: string,
  exclusive: string | undefined,
  bound: number | bigint,
): string {
  if (origin === "string" || origin === "array") {
    if (inclusive === "at least" && Number(bound) === 1) return "must not be empty";
    const unit = origin === "string" ? "characters" : "entries";
    return `must have ${exclusive ?? inclusive} ${bound} ${unit}`;
  }
  return `must be ${exclusive ?? inclusive} ${bound}`;
}

z.config({ customError: (issue) => words(issue) });

/** The most characters of an unknown field's name that an error shows: the name can be part of a prompt. */
const MAX_NAME = 64;

/** The first problem of a zod error for a person: `temperature: must be at most 2`. */
export function firstProblem(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return "invalid";
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.slice(0, 3).map((key) => JSON.stringify(key.slice(0, MAX_NAME)));
    const more = issue.keys.length > 3 ? ` and ${issue.keys.length - 3} more` : "";
    return `${path && `${path}: `}unknown field ${names.join(", ")}${more}`;
  }
  return path ? `${path}: ${issue.message}` : issue.message;
}
