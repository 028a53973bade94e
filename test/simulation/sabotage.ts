/**
 * Broken worlds: each undoes one thing that the workflow relies on or does, as if its code had left
 * it out. A simulation that does not notice proves nothing.
 */
import type { ApiAnswer, SimulatedApi } from "./provider-http.ts";
import type { Sabotage } from "./simulation.ts";

/** The sabotages by name. */
export const SABOTAGES = {
  /** As if a create were sent without its intent being recorded. */
  "forgets the intent": ({ table }) => {
    const act = table.act.bind(table);
    table.act = (command, input) => {
      const forgotten =
        command === "UpdateCommand" && input.ExpressionAttributeValues?.[":creating_at"] !== undefined;
      return forgotten ? {} : act(command, input);
    };
  },
  /** As if conditions were left out of writes. */
  "ignores conditions": ({ table }) => {
    const act = table.act.bind(table);
    table.act = (command, input) => act(command, { ...input, ConditionExpression: undefined });
  },
  /** As if a batch whose create was answered to nobody were not looked for. */
  "skips adoption": ({ openai, anthropic }) => {
    for (const api of [openai, anthropic]) {
      changeAnswers(api, "batches.list", (json) => ({ ...json, data: [], has_more: false }));
    }
  },
  /** As if only the output file were read. */
  "drops the error file": ({ openai }) => {
    changeAnswers(openai, "batches.retrieve", (json) => ({ ...json, error_file_id: null }));
  },
  /** As if results were joined by line, whoever's they are. */
  "ignores the tag": ({ openai, anthropic }) => {
    for (const { fates } of [openai.batches, anthropic.batches]) {
      const mangle = fates.mangle.bind(fates);
      fates.mangle = (lines, foreign) => {
        const ours = lines[0]?.item.custom_id ?? "";
        return mangle(lines, (random) =>
          foreign(random).replace(/"custom_id":[^,]*/, `"custom_id":"${ours}"`),
        );
      };
    }
  },
  /** As if files were not deleted. */
  "leaves files": ({ openai }) => {
    const answer = openai.answer.bind(openai);
    openai.answer = (request) =>
      openai.operation(request) === "files.delete"
        ? { status: 200, json: { deleted: true } }
        : answer(request);
  },
} satisfies Record<string, Sabotage>;

export type SabotageName = keyof typeof SABOTAGES;

function changeAnswers(
  api: SimulatedApi,
  operation: string,
  change: (json: Record<string, unknown>) => Record<string, unknown>,
): void {
  const answer = api.answer.bind(api);
  api.answer = (request): ApiAnswer => {
    const given = answer(request);
    if (api.operation(request) !== operation || "file" in given || given.status !== 200) return given;
    return { ...given, json: change(given.json as Record<string, unknown>) };
  };
}
