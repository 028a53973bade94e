/**
 * Broken worlds: each undoes one thing that the workflow relies on or does, as if its code had left
 * it out. A simulation that does not notice proves nothing.
 */
import { ENV } from "../../shared/names.ts";
import type { Item } from "../../shared/records/port.ts";
import type { ApiAnswer, SimulatedApi } from "./provider-http.ts";
import type { Parts, Sabotage } from "./simulation.ts";

/** The sabotages by name. */
export const SABOTAGES = {
  /** As if a create were sent without its intent being recorded. */
  "forgets the intent": ({ table }) => {
    const act = table.act.bind(table);
    table.act = (command, input) => {
      const forgotten =
        command === "UpdateCommand" && input.ExpressionAttributeValues?.[":creating_at"] !== undefined;
      if (forgotten) return {};
      // Later writes do not ask for what was never recorded.
      const ConditionExpression = input.ConditionExpression?.replace(
        "#creating_at = :only_creating_at",
        "attribute_exists(pk)",
      );
      return act(command, { ...input, ConditionExpression });
    };
  },
  /** As if conditions were left out of writes. */
  "ignores conditions": ({ table }) => {
    const act = table.act.bind(table);
    table.act = (command, input) => act(command, { ...input, ConditionExpression: undefined });
  },
  /** As if a batch whose create was answered to nobody were not looked for. */
  "skips adoption": ({ services }) => {
    for (const api of services.values()) changeAnswers(api, "batches.list", () => NO_BATCHES);
  },
  /** As if a batch that was overtaken before anybody knew of it were not looked for. */
  "never finds late batches": (parts) => {
    const { services, world } = parts;
    inHurry(parts, { "deadline-hours": "1", "at-deadline": "real_time" });
    // No create is answered, and no list shows a batch before it is overtaken.
    process.env[ENV.createSettle] = String(LISTED / 1000 + 120);
    for (const service of services.values()) {
      const create = service.batches.create.bind(service.batches);
      service.batches.create = (...made) => {
        const batch = create(...made);
        return Object.assign(batch, { listed: batch.created + LISTED });
      };
      const answer = service.answer.bind(service);
      service.answer = (request) => {
        const given = answer(request);
        const isLost = service.operation(request) === "batches.create" && given.status < 300;
        return isLost ? { status: 500, json: service.error(500, "lost") } : given;
      };
      const isLate = () => world.runs.getStore()?.lambda === "poll-status";
      changeAnswers(service, "batches.list", (json) => (isLate() ? NO_BATCHES : json));
    }
  },
  /** As if what a real-time run had under way when it died were not counted. */
  "forgets open lines": (parts) => {
    const { faults, runs } = parts.world;
    inHurry(parts, { "small-rounds": "real_time" });
    const strikes = faults.strikes.bind(faults);
    let calls = 0;
    // Some runs die with answers under way.
    faults.strikes = (name, rate) =>
      name === "killed after a call" && runs.getStore()?.lambda === "answer-now"
        ? ++calls % 20 === 0 && calls < 100
        : strikes(name, rate);
    changeObjects(parts, /\.asked-\d+-\d+$/, (text) => text.replace(/^\[.*\]/, "[]"));
  },
  /** As if only the output file were read. */
  "drops the error file": ({ services }) => {
    for (const api of services.values())
      changeAnswers(api, "batches.retrieve", (json) => ({ ...json, error_file_id: null }));
  },
  /** As if results were joined by line, whoever's they are. */
  "ignores the tag": ({ services }) => {
    for (const { batches } of services.values()) {
      const { fates } = batches;
      const mangle = fates.mangle.bind(fates);
      fates.mangle = (lines, foreign) => {
        const ours = lines[0]?.item.custom_id ?? "";
        return mangle(lines, (random) =>
          foreign(random).replace(/"(custom_id|key|recordId)":("[^"]*"|null)/, `"$1":"${ours}"`),
        );
      };
    }
  },
  /** As if a round were sent whatever the job's record says. */
  "sends after a cancel": (parts) => hideCancel(parts, "submit-batch"),
  /** As if a batch that runs were not cancelled with its job. Every job is, and batches take a day: most end soon. */
  "lets batches run on": (parts) => {
    const { faults } = parts.world;
    const strikes = faults.strikes.bind(faults);
    faults.strikes = (name, rate) =>
      name === "batch expired" || name === "cancel requested" || strikes(name, rate);
    hideCancel(parts, "poll-status");
  },
  /** As if jobs were never swept. */
  "never sweeps": ({ table }) => {
    const act = table.act.bind(table);
    table.act = (command, input) => (input.IndexName ? { Items: [] } : act(command, input));
  },
  /** As if later rounds were not billed. */
  "bills the first round only": ({ table }) => {
    const act = table.act.bind(table);
    table.act = (command, input) => {
      const values = input.ExpressionAttributeValues;
      const later = values?.[":billed"] !== undefined && !String(input.Key?.sk).endsWith("#r1");
      return act(
        command,
        later ? { ...input, ExpressionAttributeValues: { ...values, ":billed": {} } } : input,
      );
    };
  },
  /** As if a run that goes on with collecting lost one of the answers that were kept. */
  "loses a kept answer": (parts) => {
    changeObjects(parts, /\.answers-\d+$/, (text) => {
      const end = text.indexOf("\n");
      const head = JSON.parse(text.slice(0, end)) as { rows: unknown[] };
      return `${JSON.stringify({ ...head, rows: head.rows.slice(1) })}${text.slice(end)}`;
    });
  },
  /** As if a run that goes on with putting a job together took the lines without an answer for copied. */
  "skips the failed lines": (parts) => {
    changeObjects(parts, /-progress\.json$/, (text) => {
      const progress = JSON.parse(text) as { failed: object };
      return JSON.stringify({ ...progress, failed: { ...progress.failed, complete: true } });
    });
  },
  /** As if files were not deleted. */
  "leaves files": ({ services }) => {
    for (const api of services.values()) {
      const answer = api.answer.bind(api);
      api.answer = (request) =>
        api.operation(request) === "files.delete"
          ? { status: 200, json: { deleted: true } }
          : answer(request);
    }
  },
  /** As if the SDK sent each create at Bedrock again, with another token. */
  "forgets Bedrock's token": ({ services }) => {
    const bedrock = services.get("bedrock");
    const answer = bedrock?.answer.bind(bedrock);
    if (!bedrock || !answer) return;
    bedrock.answer = (request) => {
      const { clientRequestToken: token, ...body } = JSON.parse(request.body.toString("utf8"));
      if (token === undefined) return answer(request);
      const other = JSON.stringify({ ...body, clientRequestToken: `${token}-again` });
      answer({ ...request, body: Buffer.from(other) });
      return answer(request);
    };
  },
} satisfies Record<string, Sabotage>;

/** Milliseconds until a batch is listed, where a job of an hour is to overtake it before. */
const LISTED = 3_380_000;

/** An empty list, whatever the provider calls it. */
const NO_BATCHES = { data: [], has_more: false, operations: [], invocationJobSummaries: [] };

export type SabotageName = keyof typeof SABOTAGES;

/** Gives jobs settings with which more is asked in real time, where they have theirs beside the input. */
function inHurry({ jobs }: Parts, settings: Record<string, string>): void {
  for (const { header, metadata } of jobs) if (header === null) Object.assign(metadata, settings);
}

/** Hides from one Lambda that a job is to be cancelled. */
function hideCancel({ table, world }: Parts, lambda: string): void {
  const act = table.act.bind(table);
  table.act = (command, input) => {
    const answer = act(command, input) as { Item?: Item };
    if (answer.Item && world.runs.getStore()?.lambda === lambda) delete answer.Item.cancel_requested;
    return answer;
  };
}

/** Changes the small objects that are put under some keys. */
function changeObjects({ bucket }: Parts, keys: RegExp, change: (text: string) => string): void {
  const act = bucket.act.bind(bucket);
  bucket.act = (command, input) => {
    if (command !== "PutObjectCommand" || !keys.test(input.Key)) return act(command, input);
    return act(command, { ...input, Body: change(Buffer.from(input.Body ?? "").toString("utf8")) });
  };
}

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
