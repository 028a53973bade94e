/** The answers in numbers: their lengths, their ends, and the values of their fields. */
import type { ReportData, ShownField } from "../report-data.ts";
import { CountChart, NumberChart, TokenChart } from "./chart.tsx";
import { whole } from "./numbers.ts";

/** How long prompts and answers were, and how answers ended. */
export function AnswerCharts(data: ReportData) {
  if (data.prompt_tokens.length === 0) return null;
  return (
    <section>
      <h2>Answers</h2>
      <div class="columns">
        <TokenChart title="Input tokens" rows={data.prompt_tokens} />
        <TokenChart title="Output tokens" rows={data.completion_tokens} />
        <CountChart title="How answers ended" counts={data.finish_reasons} />
      </div>
    </section>
  );
}

/** The values of each field of answers that are JSON objects. */
export function FieldCharts({ fields, answers }: { fields: ShownField[]; answers: number }) {
  if (fields.length === 0) return null;
  return (
    <section>
      <h2>Fields of the answers</h2>
      <div class="columns">
        {fields.map((field) => (
          <div key={field.name}>
            <FieldChart field={field} />
            <p class="soft small">{fieldWords(field, answers)}</p>
          </div>
        ))}
      </div>
    </section>
  );
}

/** Different values that have a bar each. */
const MOST_BARS = 12;

function FieldChart({ field: { name, values, different, numbers } }: { field: ShownField }) {
  if (different > MOST_BARS && numbers) return <NumberChart title={name} counts={values} />;
  const byValue = numbers ? [...values].sort(([a], [b]) => Number(a) - Number(b)) : values;
  // A few of many values say nothing, unless they are frequent.
  const telling = different <= MOST_BARS ? byValue : values.filter(([, count]) => count > 1);
  return telling.length > 0 ? <CountChart title={name} counts={telling} /> : <h3>{name}</h3>;
}

function fieldWords({ count, types, different, others, numbers }: ShownField, answers: number): string {
  const kinds = types.map(([type, n]) => (types.length === 1 ? type : `${type} (${whole(n)})`));
  const parts = [`in ${whole(count)} of ${whole(answers)} answers`, kinds.join(" or ")];
  if (numbers) {
    const { min, max, sum, count: n } = numbers;
    parts.push(`${min} to ${max}, ${Number((sum / n).toPrecision(4))} on average`);
  } else if (different > 0)
    parts.push(
      different === 1
        ? "always the same"
        : `${others > 0 ? "more than " : ""}${whole(different)} different values`,
    );
  return parts.join("; ");
}
