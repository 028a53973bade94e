/** The embedded engine's Lambdas, held to the policies that they have on AWS. */
import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, expect } from "vitest";
import { HANDLERS, type Handler } from "../../local/engine/handlers.ts";
import type { Stores } from "../../local/engine/stores.ts";
import { useObjects } from "../../shared/objects/store.ts";
import { useTable } from "../../shared/records/store.ts";
import { Grants } from "./grants.ts";
import { type Gate, guardedObjects, guardedTable } from "./guarded-stores.ts";

/** The Lambda that runs here. */
const lambdas = new AsyncLocalStorage<string>();

/** Lets this process's handlers do in S3 and DynamoDB what their policies allow; a test in which one is refused fails. */
export function guardEngine({ objects, table }: Stores): void {
  const grants = new Grants();
  const gate: Gate = (action, resource, context) => {
    const lambda = lambdas.getStore();
    // A test's own call.
    if (lambda !== undefined) grants.use(lambda, { action, resource, context });
  };
  useObjects(guardedObjects(objects, gate));
  useTable(guardedTable(table, gate));
  for (const [folder, handler] of HANDLERS) {
    const name = folder.replace("functions/", "");
    (HANDLERS as Map<string, Handler>).set(folder, (event) => lambdas.run(name, () => handler(event)));
  }
  afterEach(() => {
    const refused = [...grants.refused];
    grants.refused.clear();
    expect(refused, "calls that no policy allows").toEqual([]);
  });
}
