/** A job's answers, a page at a time, beside their prompts or another job's answers. */
import { useEffect, useState } from "preact/hooks";
import { whole } from "../../../shared/report/page/numbers.ts";
import { ALL, type Filter, type ListedJob, readPrompt, type ShownJob, type ShownRow } from "./api.ts";
import { differentFields, differs, type Found, type Pair, search } from "./scan.ts";

const STATUSES = ["succeeded", "failed", "invalid", "expired", "cancelled"];
/** Rows of a page. */
const PAGE = 50;

/** The answers of a job. `others`: jobs that it can be compared with. */
export function JobAnswers({ job, others }: { job: ShownJob; others: ListedJob[] }) {
  const { job_id: id, rows_bytes: bytes } = job;
  const [filter, setFilter] = useState(ALL);
  const [from, setFrom] = useState<number | "end">(0);
  const [back, setBack] = useState<number[]>([]);
  const [other, setOther] = useState("");
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  const { found, reading, problem } = useSearch({ id, bytes, from, filter, other, onlyDifferent });
  const go = (to: number | "end") => {
    if (found) setBack([...back, found.from]);
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
  const choose = (part: Partial<Filter>) => {
    setFilter({ ...filter, ...part });
    first();
  };
  const compare = (job: string) => {
    setOther(job);
    if (!job) setOnlyDifferent(false);
  };
  const size = found?.size ?? 0;
  return (
    <section aria-label="Answers">
      <h2>{job.ended ? "Answers" : "Answers of the batches that are collected"}</h2>
      <Filters filter={filter} choose={choose} fields={fieldNames(found)} />
      <div class="tools">
        <button type="button" onClick={first}>
          First
        </button>
        <button type="button" disabled={back.length === 0} onClick={previous}>
          Back
        </button>
        <button type="button" disabled={!found || found.next >= size} onClick={() => found && go(found.next)}>
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
          value={found?.from ?? 0}
          onChange={(event) => go(Number(event.currentTarget.value))}
        />
        <select aria-label="Compare with" onChange={(event) => compare(event.currentTarget.value)}>
          <option value="">compare with …</option>
          {others.map(({ job_id, model }) => (
            <option value={job_id} key={job_id}>
              {job_id} {model}
            </option>
          ))}
        </select>
        {other && (
          <label>
            <input
              type="checkbox"
              checked={onlyDifferent}
              onChange={(event) => {
                setOnlyDifferent(event.currentTarget.checked);
                first();
              }}
            />{" "}
            only rows that differ
          </label>
        )}
        <output class="soft small">{words(found, reading)}</output>
      </div>
      {problem && <p class="failed">{problem}</p>}
      {found?.pairs.map((pair) =>
        other ? (
          <Compared key={pair.start} pair={pair} ids={[id, other]} />
        ) : (
          <Row key={pair.start} id={id} row={pair.row} />
        ),
      )}
    </section>
  );
}

interface FiltersProps {
  filter: Filter;
  choose: (part: Partial<Filter>) => void;
  /** Fields that the rows on the page have. */
  fields: string[];
}

function Filters({ filter, choose, fields }: FiltersProps) {
  return (
    <div class="tools">
      <input
        type="search"
        aria-label="Text in the row"
        placeholder="Text in the row"
        onChange={(event) => choose({ text: event.currentTarget.value })}
      />
      <select aria-label="Status" onChange={(event) => choose({ status: event.currentTarget.value })}>
        <option value="">every status</option>
        {STATUSES.map((status) => (
          <option key={status}>{status}</option>
        ))}
      </select>
      <select aria-label="Field" onChange={(event) => choose({ field: event.currentTarget.value })}>
        <option value="">every field</option>
        {[...new Set([...fields, ...(filter.field ? [filter.field] : [])])].map((field) => (
          <option key={field}>{field}</option>
        ))}
      </select>
      {filter.field && (
        <input
          aria-label="Value of the field"
          placeholder={`${filter.field} is`}
          onChange={(event) => choose({ value: event.currentTarget.value })}
        />
      )}
    </div>
  );
}

/** Searches, and searches on while there is less than a page. */
function useSearch({
  id,
  bytes,
  from,
  filter,
  other,
  onlyDifferent,
}: {
  id: string;
  /** Of the rows: where there are more, they are read anew. */
  bytes: number;
  from: number | "end";
  filter: Filter;
  other: string;
  onlyDifferent: boolean;
}) {
  const [found, setFound] = useState<Found | null>(null);
  const [reading, setReading] = useState(true);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let current = true;
    const read = async () => {
      setReading(true);
      // A field without a value says nothing yet.
      const wanted = filter.field && !filter.value ? { ...filter, field: "" } : filter;
      const pages = search({ id, from, filter: wanted, count: PAGE, other, onlyDifferent });
      for await (const now of pages) {
        if (!current) return;
        setFound({ ...now, pairs: [...now.pairs] });
        setProblem("");
      }
      setReading(false);
    };
    read().catch((error: Error) => current && setProblem(error.message));
    return () => {
      current = false;
    };
  }, [id, bytes, from, filter, other, onlyDifferent]);
  return { found, reading, problem };
}

/** Names of the fields that some of the rows have. */
function fieldNames(found: Found | null): string[] {
  const names = new Set<string>();
  for (const { row } of found?.pairs ?? [])
    for (const part of [row.response?.parsed, row.input])
      if (typeof part === "object" && part !== null && !Array.isArray(part))
        for (const name of Object.keys(part)) names.add(name);
  return [...names, "custom_id"];
}

function words(found: Found | null, reading: boolean): string {
  if (!found) return "reading …";
  const { pairs, next, size, compared, different } = found;
  if (size === 0) return "There are no results yet.";
  const place = `to ${((100 * next) / size).toFixed(1)} % of the file`;
  const compares = compared > 0 ? `, ${whole(different)} of ${whole(compared)} differ` : "";
  if (pairs.length === 0 && !reading) return `no row matches${compares}`;
  return `${pairs.length} rows, ${place}${compares}${reading ? " …" : ""}`;
}

function Row({ id, row }: { id: string; row: ShownRow }) {
  const [opened, setOpened] = useState(false);
  if (row.tooLong) return <p class="soft">A row of {row.tooLong} bytes: too long to show here.</p>;
  return (
    <details onToggle={() => setOpened(true)}>
      <summary>
        <span class="soft">{row.line}</span>
        <span>{row.custom_id}</span>
        <span class={row.status}>{row.status}</span>
        <span>{row.error ?? row.response?.content}</span>
      </summary>
      <div class="pair">
        <div>
          {opened && <Prompt id={id} row={row} />}
          <Carried row={row} />
        </div>
        <div>
          <p class="soft small">What came back</p>
          <RowParts row={row} />
        </div>
      </div>
    </details>
  );
}

/** What the row asked. */
function Prompt({ id, row: { line, status } }: { id: string; row: ShownRow }) {
  const [text, setText] = useState("…");
  useEffect(() => {
    if (status === "invalid") return setText("It was never sent.");
    readPrompt(id, line).then(
      ({ prompt }) => setText(prompt ?? "The request is no longer kept."),
      (error: Error) => setText(error.message),
    );
  }, [id, line, status]);
  return (
    <>
      <p class="soft small">What was asked</p>
      <pre>{text}</pre>
    </>
  );
}

/** The columns of the input that came back with the row. */
function Carried({ row: { input } }: { row: ShownRow }) {
  return input === undefined ? null : <pre>{JSON.stringify(input, null, 2)}</pre>;
}

function RowParts({ row }: { row: ShownRow }) {
  return (
    <>
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

/** A row beside that of another job. */
function Compared({ pair, ids: [id, other] }: { pair: Pair; ids: [string, string] }) {
  const { row, beside } = pair;
  const [asked, setAsked] = useState(false);
  const fields = differentFields(pair);
  return (
    <div class={differs(pair) ? "differs" : ""}>
      <h3>
        line {row.line} {row.custom_id}
        {fields.length > 0 && (
          <span class="soft">
            : differs in <mark>{fields.join(", ")}</mark>
          </span>
        )}{" "}
        <button type="button" class="link" disabled={asked} onClick={() => setAsked(true)}>
          prompts
        </button>
      </h3>
      <div class="pair">
        <div>
          {asked && <Prompt id={id} row={row} />}
          <Carried row={row} />
          <p class={row.status}>{row.status}</p>
          <RowParts row={row} />
        </div>
        <div>
          {asked && beside && <Prompt id={other} row={beside} />}
          {beside && <Carried row={beside} />}
          <p class={beside?.status}>{beside ? beside.status : "no such line"}</p>
          {beside && <RowParts row={beside} />}
        </div>
      </div>
    </div>
  );
}
