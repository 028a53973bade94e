/** A state of the definition, as far as a picture of it needs. */
export interface DrawnState {
  Type: string;
  Next?: string;
  Default?: string;
  Choices?: DrawnRule[];
  Catch?: { Next: string }[];
  ItemProcessor?: DrawnMachine;
}

/** A rule of a Choice: only the comparisons that our definition has. */
export interface DrawnRule {
  Next: string;
  Variable?: string;
  BooleanEquals?: boolean;
  NumericGreaterThan?: number;
}

/** A state machine, or the one inside a Map. */
export interface DrawnMachine {
  StartAt: string;
  States: Record<string, DrawnState>;
}

export interface Transition {
  from: string;
  to: string;
  /** The answer of a Choice, whose name is a question and whose first rule is the yes. Empty for other states. */
  label: string;
  kind: "next" | "failure";
}

/** Every way from one state to another. Several catchers with one target are one way. */
export function transitions({ States }: DrawnMachine): Transition[] {
  return Object.entries(States).flatMap(([from, state]) => {
    const found: Transition[] = [];
    const add = (to: string, label: string, kind: Transition["kind"]) => {
      if (!found.some((other) => other.to === to && other.kind === kind))
        found.push({ from, to, label, kind });
    };
    if (state.Next) add(state.Next, "", "next");
    const rules = state.Choices ?? [];
    for (const [i, rule] of rules.entries()) add(rule.Next, i === 0 ? "yes" : conditionOf(rule), "next");
    if (state.Default) add(state.Default, "no", "next");
    for (const catcher of state.Catch ?? []) {
      if (catcher.Next !== state.Next) add(catcher.Next, "", "failure");
    }
    return found;
  });
}

/** What a further rule of a Choice asks: `not submitted`, `items_left > 0`. */
function conditionOf({ Variable = "$.?", BooleanEquals, NumericGreaterThan }: DrawnRule): string {
  const name = Variable.slice(2);
  if (NumericGreaterThan !== undefined) return `${name} > ${NumericGreaterThan}`;
  return BooleanEquals === false ? `not ${name}` : name;
}
