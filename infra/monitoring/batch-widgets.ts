import { type IWidget, LogQueryWidget, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { METRICS } from "../../shared/names.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import type { Monitored } from "./alarm-specs.ts";
import { inHours, lines } from "./graphs.ts";

/** Rows of widgets that show why a job is slow: where its batches are, and what they wait for. */
export function batchWidgets({
  jobMetrics,
  lambdas,
  providers,
}: Pick<Monitored, "jobMetrics" | "lambdas" | "providers">): IWidget[][] {
  type Fact = keyof typeof METRICS;
  const each = (fact: Fact, statistic: string, label = "") =>
    providers.map((provider) =>
      jobMetrics.batches(fact, provider, statistic).with({ label: `${provider}${label}` }),
    );
  const most = (fact: Fact) => each(fact, Stats.MAXIMUM);
  const middleAndMost = (fact: Fact) => [
    ...each(fact, Stats.p(50), ", p50"),
    ...each(fact, Stats.MAXIMUM, ", max"),
  ];
  const hours = (fact: Fact) =>
    providers.map((provider) =>
      inHours(jobMetrics.batches(fact, provider, Stats.MAXIMUM), provider.replaceAll("-", "_"), provider),
    );
  const oldestHolds = providers
    .filter((name) => PROFILES[name].limits_queued_tokens)
    .map((name) =>
      inHours(
        jobMetrics.batches("token_queue_held_seconds", name, Stats.MAXIMUM),
        `hold_${name.replaceAll("-", "_")}`,
        `oldest batch in ${name}'s full token queue`,
      ),
    );
  const logs = (title: string, height: number, queryLines: string[]) =>
    new LogQueryWidget({
      title,
      logGroupNames: Object.values(lambdas).map(({ logGroup }) => logGroup.logGroupName),
      queryLines,
      width: 24,
      height,
    });
  return [
    [
      logs("Batches: the last word of each", 8, [
        "filter ispresent(batch)",
        "stats latest(@timestamp) as at, latest(service) as step, latest(message) as said, latest(round) as in_round by job_id, batch, provider",
        "sort at desc",
        "limit 50",
      ]),
    ],
    [
      lines("Longest wait to be sent, hours", [...hours("queue_wait_seconds"), ...oldestHolds]),
      lines("Oldest batch at the provider, hours", hours("batch_age_seconds")),
      lines("Provider errors, and lost creates", [
        ...each("provider_errors", Stats.SUM),
        ...each("lost_creates", Stats.SUM, ", lost creates"),
      ]),
    ],
    [
      lines("Provider's end to seen, seconds", middleAndMost("seen_lag_seconds")),
      lines("Provider's end to collected, seconds", middleAndMost("collected_lag_seconds")),
      lines("Items of a batch that go again, most", most("items_again")),
    ],
    [
      logs("Steps that ended in an error", 6, [
        "filter level in ['WARN', 'ERROR']",
        "fields @timestamp, service, job_id, batch, round, provider, error, provider_status, provider_code",
        "sort @timestamp desc",
        "limit 20",
      ]),
    ],
  ];
}
