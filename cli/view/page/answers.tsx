/** A job's answers, a page at a time, beside their prompts or another job's answers. */
import { useEffect, useState } from "preact/hooks";
import { isObject } from "../../../shared/json/values.ts";
import { whole } from "../../../shared/report/page/numbers.ts";
import { Choice } from "../../../shared/report/page/parts.tsx";
import { ALL, type Filter, type ListedJob, type ShownJob } from "./api.ts";
import { Compared, Row } from "./row.tsx";
import { type Found, search } from "./scan.ts";

const STATUSES = ["succeeded", "failed", "invalid", "expired", "cancelled"];
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
        <Choice
          label="Compare with"
          none="compare with …"
          options={others.map(({ job_id, model }) => [job_id, `${job_id} ${model}`])}
          value={other}
          choose={compare}
        />
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
      <Choice
        label="Status"
        none="every status"
        options={STATUSES}
        value={filter.status}
        choose={(status) => choose({ status })}
      />
      <Choice
        label="Field"
        none="every field"
        options={[...new Set([...fields, ...(filter.field ? [filter.field] : [])])]}
        value={filter.field}
        choose={(field) => choose({ field })}
      />
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

function fieldNames(found: Found | null): string[] {
  const names = new Set<string>();
  for (const { row } of found?.pairs ?? [])
    for (const part of [row.response?.parsed, row.input])
      if (isObject(part)) for (const name of Object.keys(part)) names.add(name);
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
