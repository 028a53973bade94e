/** A state of the definition, as far as a picture of it needs. */
export interface DrawnState {
  Type: string;
  Next?: string;
  Default?: string;
  Choices?: { Next: string }[];
  Catch?: { Next: string }[];
  ItemProcessor?: DrawnMachine;
}

/** A state machine, or the one inside a Map. */
export interface DrawnMachine {
  StartAt: string;
  States: Record<string, DrawnState>;
}

/** An arrow between two states. */
export interface Transition {
  from: string;
  to: string;
  /** The answer of a Choice, whose names are questions; else empty. */
  label: "yes" | "no" | "";
  kind: "next" | "failure";
}

/** Every way from one state to another. Several catchers with one target are one way. */
export function transitions({ States }: DrawnMachine): Transition[] {
  return Object.entries(States).flatMap(([from, state]) => {
    const found: Transition[] = [];
    const add = (to: string, label: Transition["label"], kind: Transition["kind"]) => {
      if (!found.some((other) => other.to === to && other.kind === kind))
        found.push({ from, to, label, kind });
    };
    if (state.Next) add(state.Next, "", "next");
    for (const choice of state.Choices ?? []) add(choice.Next, "yes", "next");
    if (state.Default) add(state.Default, "no", "next");
    for (const catcher of state.Catch ?? []) {
      if (catcher.Next !== state.Next) add(catcher.Next, "", "failure");
    }
    return found;
  });
}
