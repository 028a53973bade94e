import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import type { CfnFunction } from "aws-cdk-lib/aws-lambda";
import type { CfnStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { StateMachineDefinition } from "aws-local-stepfunctions";
import cdkJson from "../../cdk.json" with { type: "json" };
import { Nightshift, type NightshiftProps } from "../nightshift.ts";
import { PARK_TOKEN, type SynthesizedDefinition, visitTasks } from "./machine-tasks.ts";

const SERVICES = ["events:putEvents", PARK_TOKEN];

/**
 * Builds the construct in this process, without bundling its Lambdas, and takes the state machine's own
 * definition out of it. There is no second one to keep in step.
 * @throws Error when a task's resource is not one of the construct's Lambdas or a known service.
 */
export function synthesizedDefinition(props: NightshiftProps = {}): SynthesizedDefinition {
  const outdir = mkdtempSync(join(tmpdir(), "nightshift-synth-"));
  try {
    const app = new App({ outdir, context: { ...cdkJson.context, "aws:cdk:bundling-stacks": [] } });
    return definitionOf(new Nightshift(new Stack(app, "Nightshift"), "Default", props));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The definition of a construct that has been built. */
export function definitionOf(nightshift: Nightshift): SynthesizedDefinition {
  const resource = nightshift.workflow.stateMachine.node.defaultChild as CfnStateMachine;
  const text = plainText(resource.stack.resolve(resource.definitionString), namesByLogicalId(nightshift));
  const definition = JSON.parse(text) as StateMachineDefinition;
  // biome-ignore lint/plugin: names of states are written in the code
  const tasks: Record<string, string> = {};
  visitTasks(definition, (name, task) => {
    task.Resource = task.Resource.replace(/^arn:aws:states:::/, "");
    // biome-ignore lint/plugin: names of states are written in the code
    tasks[name] = task.Resource;
    if (!task.Resource.startsWith("functions/") && !SERVICES.includes(task.Resource)) {
      throw new Error(`the state ${name} calls ${task.Resource}, which is not known here`);
    }
  });
  return { definition, tasks };
}

function namesByLogicalId({ lambdas }: Nightshift): Map<string, string> {
  return new Map(
    Object.values(lambdas.functions).map((lambda) => {
      const resource = lambda.node.defaultChild as CfnFunction;
      return [resource.stack.getLogicalId(resource), lambda.folder];
    }),
  );
}

/** The text of a `Fn::Join` in a template, with names in place of what only a deployment knows. */
function plainText(value: unknown, names: Map<string, string>): string {
  if (typeof value === "string") return value;
  const node = value as Record<string, unknown>;
  if (node["Fn::Join"]) {
    const [separator, parts] = node["Fn::Join"] as [string, unknown[]];
    return parts.map((part) => plainText(part, names)).join(separator);
  }
  if (node.Ref === "AWS::Partition") return "aws";
  if (node.Ref) return String(node.Ref);
  const [id] = (node["Fn::GetAtt"] ?? []) as string[];
  if (!id) throw new Error(`cannot resolve ${JSON.stringify(value)} in the state machine's definition`);
  return names.get(id) ?? id;
}
