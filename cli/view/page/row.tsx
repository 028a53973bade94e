/** One row of a job: what was asked, and what came back. */
import { useEffect, useState } from "preact/hooks";
import { RowSummary } from "../../../shared/report/page/parts.tsx";
import { readPrompt, type ShownRow } from "./api.ts";
import { differentFields, differs, type Pair } from "./scan.ts";

/** A row, which opens to its prompt and its answer. */
export function Row({ id, row }: { id: string; row: ShownRow }) {
  const [opened, setOpened] = useState(false);
  if (row.tooLong) return <p class="soft">A row of {row.tooLong} bytes: too long to show here.</p>;
  return (
    <details onToggle={() => setOpened(true)}>
      <RowSummary row={row} text={row.error ?? row.response?.content} />
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
export function Compared({ pair, ids: [id, other] }: { pair: Pair; ids: [string, string] }) {
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
