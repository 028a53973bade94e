import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import cdkJson from "../../../cdk.json" with { type: "json" };
import { NightshiftStack } from "../../../infra/nightshift-stack.ts";

/** A resource of a template. */
export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties have no common type.
  Properties: any;
  DeletionPolicy?: string;
}

/** Nightshift's own stack, built without bundling, and its template. */
export function synthesize(context: Record<string, unknown> = {}) {
  return inApp(context, (app) => {
    const stack = new NightshiftStack(app, "Nightshift");
    return { stack, template: Template.fromStack(stack) };
  });
}

/** The template of a stack of somebody else's, called `Theirs`. */
export function synthesizeIn(fill: (stack: Stack) => unknown): Template {
  return inApp({}, (app) => {
    const stack = new Stack(app, "Theirs");
    fill(stack);
    return Template.fromStack(stack);
  });
}

function inApp<T>(context: Record<string, unknown>, build: (app: App) => T): T {
  const outdir = mkdtempSync(join(tmpdir(), "nightshift-synth-"));
  try {
    return build(
      new App({ outdir, context: { ...cdkJson.context, "aws:cdk:bundling-stacks": [], ...context } }),
    );
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The template's resources of one type, by logical id. */
export function resources(template: Template, type: string): Record<string, Resource> {
  return template.findResources(type) as Record<string, Resource>;
}

/** The template's one resource of a type. */
export function only(template: Template, type: string): Resource {
  const found = Object.values(resources(template, type));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} resources of type ${type}`);
  return found[0];
}

/** The properties of a Lambda, by the name of its folder. */
export function lambda(template: Template, name: string): Resource["Properties"] {
  const found = Object.values(resources(template, "AWS::Lambda::Function")).find(
    (resource) => resource.Properties.Description === `Nightshift: ${name}`,
  );
  if (!found) throw new Error(`no Lambda ${name}`);
  return found.Properties;
}
