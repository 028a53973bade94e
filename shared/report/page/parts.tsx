/** What both pages are put together from. */
import type { ComponentChildren } from "preact";

interface TableProps {
  columns: readonly string[];
  /** Columns of numbers. */
  numbers?: readonly string[];
  class?: string;
  children: ComponentChildren;
}

/** A table that scrolls within the page where it is wider. */
export function Table({ columns, numbers = [], class: kind, children }: TableProps) {
  return (
    <div class="wide">
      <table class={kind}>
        <thead>
          <tr>
            {columns.map((title) => (
              <th class={numbers.includes(title) ? "num" : ""} key={title}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

interface ChoiceProps {
  label: string;
  /** What is shown for no choice. */
  none: string;
  /** Values, or pairs of a value and its words. */
  options: readonly (string | readonly [string, string])[];
  value?: string;
  choose: (value: string) => void;
}

/** One of several, or none: an empty text. */
export function Choice({ label, none, options, value, choose }: ChoiceProps) {
  return (
    <select aria-label={label} value={value} onChange={(event) => choose(event.currentTarget.value)}>
      <option value="">{none}</option>
      {options.map((option) => {
        const [name, words] = typeof option === "string" ? [option, option] : option;
        return (
          <option value={name} key={name}>
            {words}
          </option>
        );
      })}
    </select>
  );
}

interface RowSummaryProps {
  row: { line: number; custom_id: string; status: string };
  /** Its answer or its error. */
  text: string | null | undefined;
}

export function RowSummary({ row: { line, custom_id, status }, text }: RowSummaryProps) {
  return (
    <summary>
      <span class="soft">{line}</span>
      <span>{custom_id}</span>
      <span class={status}>{status}</span>
      <span>{text}</span>
    </summary>
  );
}
