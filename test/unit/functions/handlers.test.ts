/** Every Lambda tells of its runs in the one way. */
import { expect, test } from "vitest";
import { LAMBDAS } from "../../../infra/lambda-table.ts";
import { captured } from "../shared/written.ts";

test.each([...Object.keys(LAMBDAS), "send-webhook"])("%s writes a line under its name", async (name) => {
  const { handler } = await import(`../../../functions/${name}/handler.ts`);
  const written = captured();
  await handler({}, { awsRequestId: "request-1" }).catch(() => undefined);
  const line = written.find((text) => text.includes('"request-1"')) ?? "{}";
  expect(JSON.parse(line)).toMatchObject({ service: name, function_request_id: "request-1" });
});
