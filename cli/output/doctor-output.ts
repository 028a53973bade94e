/** What `nightshift doctor` prints. */
import type { Check } from "../doctor/check.ts";
import { counted } from "./numbers.ts";
import { printJson } from "./safe-text.ts";
import { Terminal } from "./terminal.ts";

/** "Claude Platform on AWS key". */
const NAME_WIDTH = 26;
const OUTCOME_WIDTH = 9;

type Tally = Record<Check["outcome"], number>;

/** For people, or with `json` for programs. */
export class DoctorOutput {
  readonly #json: boolean;
  readonly #terminal = new Terminal();
  readonly #tally: Tally = { ok: 0, warning: 0, wrong: 0, skipped: 0 };

  constructor(json: boolean) {
    this.#json = json;
  }

  group(title: string): void {
    if (!this.#json) this.#terminal.line(this.#terminal.colors.bold(title));
  }

  check(check: Check): void {
    this.#tally[check.outcome] += 1;
    if (this.#json) {
      printJson({ type: "check", ...check });
      return;
    }
    const { colors } = this.#terminal;
    const paint = { ok: colors.green, warning: colors.yellow, wrong: colors.red, skipped: colors.dim };
    const outcome = paint[check.outcome](check.outcome.padEnd(OUTCOME_WIDTH));
    this.#terminal.line(`  ${outcome}${check.name.padEnd(NAME_WIDTH)} ${check.what}`);
    if (check.fix) this.#terminal.line(`  ${" ".repeat(OUTCOME_WIDTH + NAME_WIDTH)} ${check.fix}`);
  }

  /** Ends with the sum. @returns whether nothing was wrong */
  end(): boolean {
    const { warning, wrong } = this.#tally;
    if (this.#json) printJson({ type: "doctor", ...this.#tally });
    else if (wrong > 0) this.#terminal.line(`${counted(wrong, "problem")}; the fix stands below each.`);
    else this.#terminal.line(warning > 0 ? "No problems; see the warnings." : "No problems.");
    return wrong === 0;
  }
}
