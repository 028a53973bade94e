/** A job's answers, a page at a time, alone or beside another job's. */
import { useEffect, useState } from "preact/hooks";
import { type ListedJob, readRows, type ShownRow, type ShownRows } from "./api.ts";

const STATUSES = ["succeeded", "failed", "invalid", "expired", "cancelled"];

/** The answers of a job. `others`: jobs that it can be compared with. */
export function JobAnswers({ id, others }: { id: string; others: ListedJob[] }) {
  const [filter, setFilter] = useState({ text: "", status: "" });
  const [from, setFrom] = useState<number | "end">(0);
  const [page, setPage] = useState<ShownRows | null>(null);
  const [back, setBack] = useState<number[]>([]);
  const [other, setOther] = useState("");
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let current = true;
    const show = (read: ShownRows) => {
      if (!current) return;
      setPage(read);
      setProblem("");
    };
    readRows(id, from, filter).then(show, (error: Error) => current && setProblem(error.message));
    return () => {
      current = false;
    };
  }, [id, from, filter]);
  const go = (to: number | "end") => {
    if (page) setBack([...back, page.from]);
    setFrom(to);
  };
  const first = () => {
    setBack([]);
    setFrom(0);
  };
  const previous = () => {
    setFrom(back.at(-1) ?? 0);
    setBack(back.slice(0, -1));
  };
  const choose = (next: typeof filter) => {
    setFilter(next);
    first();
  };
  const size = page?.size ?? 0;
  return (
    <section aria-label="Answers">
      <h2>Answers</h2>
      <div class="tools">
        <input
          type="search"
          aria-label="Text in the row"
          placeholder="Text in the row"
          onChange={(event) => choose({ ...filter, text: event.currentTarget.value })}
        />
        <select
          aria-label="Status"
          onChange={(event) => choose({ ...filter, status: event.currentTarget.value })}
        >
          <option value="">every status</option>
          {STATUSES.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
        <select aria-label="Compare with" onChange={(event) => setOther(event.currentTarget.value)}>
          <option value="">compare with …</option>
          {others.map(({ job_id, model }) => (
            <option value={job_id} key={job_id}>
              {job_id} {model}
            </option>
          ))}
        </select>
      </div>
      <div class="tools">
        <button type="button" onClick={first}>
          First
        </button>
        <button type="button" disabled={back.length === 0} onClick={previous}>
          Back
        </button>
        <button type="button" disabled={!page || page.next >= size} onClick={() => page && go(page.next)}>
          Next
        </button>
        <button type="button" onClick={() => go("end")}>
          Last
        </button>
        <input
          type="range"
          aria-label="Place in the file"
          min={0}
          max={size}
          value={page?.from ?? 0}
          onChange={(event) => go(Number(event.currentTarget.value))}
        />
        <output class="soft small">{words(page)}</output>
      </div>
      {problem && <p class="failed">{problem}</p>}
      {other ? (
        <Compared rows={page} other={other} />
      ) : (
        page?.rows.map(({ start, row }) => <Row key={start} row={row} />)
      )}
    </section>
  );
}

function words(page: ShownRows | null): string {
  if (!page) return "reading …";
  if (page.size === 0) return "There are no results yet.";
  if (page.rows.length > 0)
    return `${page.rows.length} rows, to ${((100 * page.next) / page.size).toFixed(1)} % of the file`;
  return page.next < page.size
    ? `nothing in the first ${((100 * page.next) / page.size).toFixed(0)} %; Next searches on`
    : "no row matches";
}

function Row({ row }: { row: ShownRow }) {
  if (row.tooLong) return <p class="soft">A row of {row.tooLong} bytes: too long to show here.</p>;
  return (
    <details>
      <summary>
        <span class="soft">{row.line}</span>
        <span>{row.custom_id}</span>
        <span class={row.status}>{row.status}</span>
        <span>{row.error ?? row.response?.content}</span>
      </summary>
      <RowParts row={row} />
    </details>
  );
}

function RowParts({ row }: { row: ShownRow }) {
  return (
    <>
      {row.input !== undefined && <pre>{JSON.stringify(row.input, null, 2)}</pre>}
      {row.error !== null && <pre class="failed">{row.error}</pre>}
      {row.response && <pre>{row.response.content}</pre>}
      {row.response && (
        <p class="soft small">
          {row.response.finish_reason}, {row.response.usage?.total_tokens} tokens
        </p>
      )}
    </>
  );
}

/** The same lines of another job, beside these. */
function Compared({ rows, other }: { rows: ShownRows | null; other: string }) {
  const [found, setFound] = useState(new Map<number, ShownRow>());
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  useEffect(() => {
    let current = true;
    // The other file has the same lines at about the same share of its bytes.
    if (rows)
      linesOf(other, rows).then(
        (map) => current && setFound(map),
        () => current && setFound(new Map()),
      );
    return () => {
      current = false;
    };
  }, [rows, other]);
  const pairs = (rows?.rows ?? []).map(({ row }) => ({ row, beside: found.get(row.line) }));
  const differs = ({ row, beside }: (typeof pairs)[number]) =>
    row.response?.content !== beside?.response?.content;
  return (
    <>
      <label>
        <input type="checkbox" onChange={(event) => setOnlyDifferent(event.currentTarget.checked)} /> only
        rows that differ
      </label>
      {pairs
        .filter((pair) => !onlyDifferent || differs(pair))
        .map((pair) => (
          <div class={`pair ${differs(pair) ? "differs" : ""}`} key={pair.row.line}>
            <div>
              <h3>
                line {pair.row.line} <span class={pair.row.status}>{pair.row.status}</span>
              </h3>
              <RowParts row={pair.row} />
            </div>
            <div>
              <h3>
                {pair.beside ? <span class={pair.beside.status}>{pair.beside.status}</span> : "no such line"}
              </h3>
              {pair.beside && <RowParts row={pair.beside} />}
            </div>
          </div>
        ))}
    </>
  );
}

/** Finds the lines of a page in another job's results: by halving, as lines ascend. */
async function linesOf(id: string, { rows }: ShownRows): Promise<Map<number, ShownRow>> {
  const first = rows[0]?.row.line ?? 1;
  const last = rows.at(-1)?.row.line ?? first;
  const all = { text: "", status: "" };
  let low = 0;
  let high = (await readRows(id, 0, all, 1)).size;
  while (high - low > 64 * 1024) {
    const middle = Math.floor((low + high) / 2);
    const line = (await readRows(id, middle, all, 1)).rows[0]?.row.line ?? Number.POSITIVE_INFINITY;
    if (line > first) high = middle;
    else low = middle;
  }
  const found = new Map<number, ShownRow>();
  for (let from = low; ; ) {
    const page = await readRows(id, from, all, 200);
    for (const { row } of page.rows) if (row.line >= first && row.line <= last) found.set(row.line, row);
    const end = page.rows.at(-1)?.row.line;
    if (end === undefined || end >= last || page.next >= page.size) return found;
    from = page.next;
  }
}
