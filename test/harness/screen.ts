/** What stands on a terminal that was given some output. */
import xterm from "@xterm/headless";

/** A terminal's size. */
export interface ScreenSize {
  columns: number;
  rows: number;
}

/** A terminal that has played some output; a line end goes to the beginning of the next line, as a pty has it. */
export async function played(output: string, { columns, rows }: ScreenSize): Promise<xterm.Terminal> {
  const terminal = new xterm.Terminal({
    ...{ cols: columns, rows, scrollback: 10_000 },
    ...{ convertEol: true, allowProposedApi: true },
  });
  await new Promise<void>((resolve) => terminal.write(output, resolve));
  return terminal;
}

/** The lines that stand on it, those that have scrolled away among them, without empty ones at the end. */
export async function screenOf(output: string, size: ScreenSize): Promise<string[]> {
  const { active } = (await played(output, size)).buffer;
  const lines = Array.from(
    { length: active.length },
    (_, n) => active.getLine(n)?.translateToString(true).trimEnd() ?? "",
  );
  while (lines.at(-1) === "") lines.pop();
  return lines;
}
