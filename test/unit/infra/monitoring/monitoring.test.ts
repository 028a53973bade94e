/** Alarms and dashboard, and that the runbook describes each. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { LAMBDAS } from "../../../../infra/lambdas/lambda-table.ts";
import { ENV, METRICS } from "../../../../shared/names.ts";
import { JobEvent } from "../../../../shared/payload.ts";
import { PROVIDERS } from "../../../workflow/items.ts";
import { lambda, only, resources, synthesize } from "../stack.ts";

const { template } = synthesize({ notifyEmail: "night@example.com" });
const runbook = readFileSync(join(import.meta.dirname, "../../../../docs/runbook.md"), "utf8");
const alarms = Object.values(resources(template, "AWS::CloudWatch::Alarm")).map((alarm) => alarm.Properties);
const alarm = (name: string) => alarms.find(({ AlarmName }) => AlarmName === `Nightshift-${name}`);

const dashboardBody: string = only(template, "AWS::CloudWatch::Dashboard")
  .Properties.DashboardBody["Fn::Join"][1].map((part: unknown) => (typeof part === "string" ? part : "x"))
  .join("");

/** The fields of an object's schema, optional or not. */
function shapeOf(schema: z.ZodType): Record<string, z.ZodType> {
  if (schema instanceof z.ZodOptional) return shapeOf(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodObject) return schema.shape;
  throw new Error("not an object");
}

/** GitHub's anchors of a page's headings. */
const anchors = [...runbook.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replaceAll(" ", "-"),
);

describe("alarms", () => {
  test.each(alarms.map(({ AlarmName, ...others }) => [AlarmName, others]))(
    "%s names its section, goes to the topic, and is quiet when nothing happens",
    (name, { AlarmDescription, AlarmActions, TreatMissingData }) => {
      const section = /docs\/runbook\.md#(\S+)$/.exec(AlarmDescription)?.[1];
      expect(anchors).toContain(section);
      expect(AlarmActions).toEqual([{ Ref: expect.stringMatching(/^NotificationsTopic/) }]);
      expect(TreatMissingData).toBe(name === "Nightshift-UploadLost" ? "ignore" : "notBreaching");
    },
  );

  test("one failed job is enough, one lost upload, one failed sweep; a Lambda has to fail repeatedly", () => {
    for (const name of ["JobFailed", "UploadLost", "SweepFailed"])
      expect(alarm(name)).toMatchObject({ Threshold: 1, EvaluationPeriods: 1 });
    const failing = Object.keys(LAMBDAS).filter((name) => name !== "sweep-jobs");
    for (const name of failing)
      expect(alarm(`Errors-${name}`)).toMatchObject({
        DatapointsToAlarm: 3,
        EvaluationPeriods: 4,
        Period: 300,
      });
    for (const name of ["submit-batch", "poll-status", "collect-results", "answer-now"])
      expect(alarm(`Throttled-${name}`)).toMatchObject({ MetricName: "Throttles", DatapointsToAlarm: 3 });
    expect(alarms).toHaveLength(4 + 4 + failing.length + 3 + 2);
    expect(runbook).toContain(`${alarms.length} alarms`);
  });

  test("with webhooks, their Lambdas and dead letters have theirs, and are on the dashboard", () => {
    const hooked = synthesize({ notifyUrl: "https://example.com/hook", openaiWebhooks: "true" }).template;
    const names = Object.values(resources(hooked, "AWS::CloudWatch::Alarm")).map(
      ({ Properties }) => Properties.AlarmName,
    );
    const more = ["NotificationLost", "Errors-send-webhook", "Errors-receive-webhook"];
    expect(names).toEqual(expect.arrayContaining(more.map((name) => `Nightshift-${name}`)));
    expect(names).toHaveLength(alarms.length + more.length);
    const body = JSON.stringify(only(hooked, "AWS::CloudWatch::Dashboard").Properties.DashboardBody);
    for (const name of ["send-webhook", "receive-webhook", ...Object.keys(LAMBDAS)])
      expect(body.replaceAll("\\", "")).toContain(`"label":"${name}"`);
  });

  test("a batch that outlives its window, and a hold in the token queue that does, by the hour", () => {
    const hourly = { Namespace: "Nightshift/Nightshift", Statistic: "Maximum", Period: 3600 };
    for (const provider of PROVIDERS)
      expect(alarm(`BatchOverdue-${provider}`)).toMatchObject({
        ...hourly,
        MetricName: "BatchAge",
        Dimensions: [{ Name: "provider", Value: provider }],
        Threshold: 26 * 3600,
      });
    expect(alarm("TokenQueueStuck")).toMatchObject({
      ...hourly,
      MetricName: "TokenQueueHeld",
      Dimensions: [{ Name: "provider", Value: "openai" }],
      Threshold: 25 * 3600,
    });
  });

  test("a table that keeps throttling calls", () => {
    for (const what of ["Read", "Write"])
      expect(alarm(`TableThrottled-${what.toLowerCase()}s`)).toMatchObject({
        MetricName: `${what}ThrottleEvents`,
        DatapointsToAlarm: 3,
        EvaluationPeriods: 4,
      });
  });

  test("without an address they only turn red", () => {
    const quiet = Object.values(resources(synthesize().template, "AWS::CloudWatch::Alarm"));
    expect(quiet).toHaveLength(alarms.length);
    for (const { Properties } of quiet) expect(Properties).not.toHaveProperty("AlarmActions");
  });
});

describe("metrics", () => {
  const filters = Object.values(resources(template, "AWS::Logs::MetricFilter")).map(
    (filter) => filter.Properties,
  );

  test("are made of fields that events have", () => {
    const fields = filters.flatMap(({ FilterPattern }) => [
      ...FilterPattern.matchAll(/\$\.detail\.([\w.]+)/g),
    ]);
    for (const [, path = ""] of fields) {
      let schema: z.ZodType = JobEvent;
      for (const name of path.split(".")) {
        const shape = shapeOf(schema);
        expect(Object.keys(shape)).toContain(name);
        schema = shape[name] ?? z.never();
      }
    }
    expect(fields.length).toBeGreaterThan(9);
  });

  test("alarms and widgets use metrics that are sent, under one namespace", () => {
    const sent = filters.flatMap(({ MetricTransformations }) => MetricTransformations);
    expect(new Set(sent.map(({ MetricNamespace }) => MetricNamespace))).toEqual(
      new Set(["Nightshift/Nightshift"]),
    );
    const told: string[] = Object.values(METRICS).map(({ name }) => name);
    const ours = alarms.filter(({ Namespace }) => Namespace === "Nightshift/Nightshift");
    for (const { MetricName } of ours) expect(told).toContain(MetricName);
    for (const name of Object.keys(LAMBDAS))
      expect(lambda(template, name).Environment.Variables[ENV.metricsNamespace]).toBe(
        "Nightshift/Nightshift",
      );
    for (const name of told) expect(dashboardBody).toContain(`"${name}"`);
    expect(alarm("JobOpenTooLong")).toMatchObject({
      Namespace: "Nightshift/Nightshift",
      MetricName: "LongestInOneStatus",
      Threshold: 96 * 3600,
    });
  });

  test("EventBridge, and it alone, may write the events' log group, from this one rule", () => {
    const [rule] = Object.entries(resources(template, "AWS::Events::Rule")).filter(([, { Properties }]) =>
      Properties.Description.includes("for metrics"),
    );
    const policy = JSON.stringify(only(template, "AWS::Logs::ResourcePolicy").Properties.PolicyDocument);
    expect(policy).toContain(rule?.[0]);
    expect(JSON.stringify(rule?.[1].Properties.Targets[0].Arn)).not.toContain(":*");
  });
});

test("the runbook describes each widget of the dashboard, and no other", () => {
  const widgets = (JSON.parse(dashboardBody) as { widgets: { properties: { title?: string } }[] }).widgets;
  const titles = widgets.flatMap(({ properties }) => properties.title ?? []);
  const table = runbook.slice(runbook.indexOf("| widget |"));
  const told = [...table.matchAll(/^\| ([^|`]+?) \|/gm)].map(([, title]) => title).slice(1);
  expect(told).toEqual(titles);
});
