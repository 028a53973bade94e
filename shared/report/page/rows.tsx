/** Rows with their prompt and answer, to be searched. */
import type { SampleRow } from "../batch-report.ts";
import { whole } from "./numbers.ts";
import { Choice, RowSummary } from "./parts.tsx";

/** Which rows are shown. `lines`: only these, null for all. */
export interface Filter {
  text: string;
  status: string;
  lines: number[] | null;
}

function filtered(rows: SampleRow[], { text, status, lines }: Filter): SampleRow[] {
  const wanted = text.toLowerCase();
  return rows.filter((row) => {
    if (lines && !lines.includes(row.line)) return false;
    if (status && row.status !== status) return false;
    return [row.custom_id, row.prompt, row.answer, row.error].some((part) =>
      part?.toLowerCase().includes(wanted),
    );
  });
}

interface RowsProps {
  rows: SampleRow[];
  /** Rows of the job. */
  all: number;
  filter: Filter;
  setFilter: (filter: Filter) => void;
}

export function Rows({ rows, all, filter, setFilter }: RowsProps) {
  const shown = filtered(rows, filter);
  const statuses = [...new Set(rows.map(({ status }) => status))];
  return (
    <section id="rows">
      <h2>
        Rows{" "}
        <span class="soft small">
          {rows.length < all ? `${rows.length} of ${whole(all)}, sampled` : "all"}
        </span>
      </h2>
      <div class="tools">
        <input
          type="search"
          aria-label="Search the rows"
          placeholder="Search ids, prompts, answers, errors"
          value={filter.text}
          onInput={(event) => setFilter({ ...filter, text: event.currentTarget.value })}
        />
        <Choice
          label="Status"
          none="every status"
          options={statuses}
          value={filter.status}
          choose={(status) => setFilter({ ...filter, status })}
        />
        {filter.lines && (
          <button type="button" onClick={() => setFilter({ ...filter, lines: null })}>
            only lines {filter.lines.join(", ")} ✕
          </button>
        )}
        <output class="soft">{shown.length} shown</output>
      </div>
      {shown.map((row) => (
        <Row key={row.line} row={row} />
      ))}
    </section>
  );
}

function Row({ row }: { row: SampleRow }) {
  return (
    <details>
      <RowSummary row={row} text={row.error ?? row.answer} />
      {row.prompt !== null && <Part title="Prompt" text={row.prompt} />}
      {row.answer !== null && <Part title="Answer" text={row.answer} />}
      {row.error !== null && <Part title="Error" text={row.error} />}
    </details>
  );
}

function Part({ title, text }: { title: string; text: string }) {
  return (
    <>
      <h3>{title}</h3>
      <pre>{text}</pre>
    </>
  );
}
