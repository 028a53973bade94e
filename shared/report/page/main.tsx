/** Draws the report from the data in the page. */
import { render } from "preact";
import { useState } from "preact/hooks";
import { itemsIn } from "../../money/sums.ts";
import type { ReportData } from "../report-data.ts";
import { AnswerCharts, FieldCharts } from "./answers.tsx";
import { Errors } from "./errors.tsx";
import { type Filter, Rows } from "./rows.tsx";
import { Cost, Head, Settings, Tiles, Times } from "./sections.tsx";

function Report({ data }: { data: ReportData }) {
  const [filter, setFilter] = useState<Filter>({ text: "", status: "", lines: null });
  const { counts, ended_at } = data.job;
  const all = itemsIn(counts);
  const show = (lines: number[]) => {
    setFilter({ text: "", status: "", lines });
    document.getElementById("rows")?.scrollIntoView({ behavior: "smooth" });
  };
  return (
    <main>
      <Head job={data.job} />
      <Tiles job={data.job} receipt={data.receipt} />
      <Errors {...data} show={show} />
      <Times rounds={data.rounds} more_rounds={data.more_rounds} end={ended_at} />
      <Cost receipt={data.receipt} />
      <AnswerCharts {...data} />
      <FieldCharts fields={data.fields} answers={counts.succeeded} />
      {data.rows.length > 0 && <Rows rows={data.rows} all={all} filter={filter} setFilter={setFilter} />}
      <Settings spec={data.spec} />
    </main>
  );
}

const root = document.getElementById("root");
const data: ReportData = JSON.parse(document.getElementById("data")?.textContent ?? "");
document.title = `${data.job.job_id} — Nightshift report`;
if (root) render(<Report data={data} />, root);
