/** Every Lambda tells of its runs in the one way. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { captured } from "../../harness/written.ts";

const FUNCTIONS = join(import.meta.dirname, "../../../functions");

test.each(readdirSync(FUNCTIONS))("%s writes a line under its name", async (name) => {
  const { handler } = await import(`../../../functions/${name}/handler.ts`);
  const written = captured();
  await handler({}, { awsRequestId: "request-1" }).catch(() => undefined);
  const line = written.find((text) => text.includes('"request-1"')) ?? "{}";
  expect(JSON.parse(line)).toMatchObject({ service: name, function_request_id: "request-1" });
});
