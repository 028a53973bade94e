import OpenAI, { toFile } from "openai";
import { expect, test } from "vitest";
import { chatLine, chatLines, collect, createOpenai, openaiClient, resultLines, setup } from "./setup.ts";

test("a batch passes through OpenAI's states as the clock does, and ends with one answer a request", async () => {
  const { openai, pass } = await setup();
  const created = await createOpenai(openai, chatLines(40), { metadata: { job: "j1", round: "1" } });
  expect(created).toMatchObject({
    object: "batch",
    status: "validating",
    metadata: { job: "j1", round: "1" },
  });
  pass(50);
  const running = await openai.batches.retrieve(created.id);
  expect(running).toMatchObject({
    status: "in_progress",
    request_counts: { total: 40, completed: 20, failed: 0 },
  });
  expect(running.output_file_id).toBeNull();
  pass(45);
  expect(await openai.batches.retrieve(created.id)).toMatchObject({ status: "finalizing" });
  pass(5);
  const done = await openai.batches.retrieve(created.id);
  expect(done).toMatchObject({
    status: "completed",
    model: "gpt-4.1-mini",
    error_file_id: null,
    created_at: 1_800_000_000,
    in_progress_at: 1_800_000_010,
    finalizing_at: 1_800_000_090,
    completed_at: 1_800_000_100,
    expires_at: 1_800_086_400,
    request_counts: { total: 40, completed: 40, failed: 0 },
  });
  const results = await resultLines(openai, done.output_file_id);
  expect(results.map(({ custom_id }) => custom_id).sort()).toEqual(
    chatLines(40)
      .map((line) => JSON.parse(line).custom_id)
      .sort(),
  );
  const tokens = results.reduce((sum, { response }) => sum + (response?.body.usage?.total_tokens ?? 0), 0);
  expect(done.usage?.total_tokens).toBe(tokens);
});

test("results come in an order of their own", async () => {
  const { openai, pass } = await setup();
  const { id } = await createOpenai(openai, chatLines(100));
  pass(100);
  const results = await resultLines(openai, (await openai.batches.retrieve(id)).output_file_id);
  const order = results.map(({ custom_id }) => Number(custom_id.slice(5)));
  expect(order).not.toEqual(order.toSorted((a, b) => a - b));
});

test("the same request gets the same answer in every batch", async () => {
  const { openai, pass } = await setup();
  const ids = [await createOpenai(openai, [chatLine("a")]), await createOpenai(openai, [chatLine("a")])];
  pass(100);
  const texts = [];
  for (const { id } of ids) {
    const [line] = await resultLines(openai, (await openai.batches.retrieve(id)).output_file_id);
    texts.push(line?.response?.body.choices[0]?.message.content);
  }
  expect(texts[0]).toBe(texts[1]);
  expect(texts[0]).toContain("Define the word a");
});

test("a cancelled batch keeps what had run, and says of the rest that it was cancelled", async () => {
  const { openai, pass } = await setup();
  const { id } = await createOpenai(openai, chatLines(100));
  pass(50);
  expect((await openai.batches.cancel(id)).status).toBe("cancelling");
  pass(10);
  const batch = await openai.batches.retrieve(id);
  expect(batch.status).toBe("cancelled");
  const answered = await resultLines(openai, batch.output_file_id);
  const unrun = await resultLines(openai, batch.error_file_id);
  expect(answered.length).toBeGreaterThan(20);
  expect(answered.length + unrun.length).toBe(100);
  expect(batch.request_counts).toEqual({ total: 100, completed: answered.length, failed: 0 });
  expect(new Set(unrun.map(({ error, response }) => `${error?.code} ${response}`))).toEqual(
    new Set(["batch_cancelled null"]),
  );
});

test("cancelling a batch that has ended is a conflict", async () => {
  const { openai, pass } = await setup();
  const { id } = await createOpenai(openai, chatLines(1));
  pass(100);
  await expect(openai.batches.cancel(id)).rejects.toBeInstanceOf(OpenAI.ConflictError);
});

test("a batch that is not done in time expires with partial output", async () => {
  const { openai, pass } = await setup({ expirySeconds: 50 });
  const { id } = await createOpenai(openai, chatLines(100));
  pass(50);
  const batch = await openai.batches.retrieve(id);
  expect(batch).toMatchObject({ status: "expired", expired_at: 1_800_000_050 });
  const answered = await resultLines(openai, batch.output_file_id);
  const unrun = await resultLines(openai, batch.error_file_id);
  expect(answered.length).toBeGreaterThan(20);
  expect(answered.length + unrun.length).toBe(100);
  expect(unrun[0]?.error?.code).toBe("batch_expired");
});

test("batches are listed newest first, a page at a time", async () => {
  const { openai, pass } = await setup();
  const made: string[] = [];
  for (let at = 0; at < 5; at++) {
    made.push((await createOpenai(openai, chatLines(1))).id);
    pass(1);
  }
  const first = await openai.batches.list({ limit: 2 });
  expect(first.data.map(({ id }) => id)).toEqual([made[4], made[3]]);
  expect(first.has_more).toBe(true);
  const all = await collect(openai.batches.list({ limit: 2 }));
  expect(all.map(({ id }) => id)).toEqual(made.toReversed());
});

test("too many batches within an hour are a 429 with a time to wait", async () => {
  const { openai, pass } = await setup({ limits: { openai_batches_per_hour: 2 } });
  await createOpenai(openai, chatLines(1));
  await createOpenai(openai, chatLines(1));
  const refused = await createOpenai(openai, chatLines(1)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(OpenAI.RateLimitError);
  expect((refused as InstanceType<typeof OpenAI.APIError>).headers?.get("retry-after")).toBe("60");
  pass(3601);
  await createOpenai(openai, chatLines(1));
});

test("files can be read, listed and deleted; a batch outlives its input file", async () => {
  const { openai, pass } = await setup();
  const text = `${chatLine("ünï\u2028code")}\n`;
  const file = await openai.files.create({
    file: await toFile(Buffer.from(text), "in.jsonl"),
    purpose: "batch",
  });
  expect(file).toMatchObject({
    object: "file",
    filename: "in.jsonl",
    bytes: Buffer.byteLength(text),
    purpose: "batch",
  });
  expect(await (await openai.files.content(file.id)).text()).toBe(text);
  const { id } = await openai.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  expect(await openai.files.delete(file.id)).toMatchObject({ deleted: true });
  await expect(openai.files.retrieve(file.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  pass(100);
  const listed = await collect(openai.files.list());
  const batch = await openai.batches.retrieve(id);
  expect(listed.map((one) => [one.id, one.purpose])).toEqual([[batch.output_file_id, "batch_output"]]);
  const [line] = await resultLines(openai, batch.output_file_id);
  expect(line?.custom_id).toBe("ünï\u2028code");
  await openai.files.delete(String(batch.output_file_id));
  await expect(openai.files.content(String(batch.output_file_id))).rejects.toBeInstanceOf(
    OpenAI.NotFoundError,
  );
});

test("files expire: uploads after 30 days, results when the batch said so", async () => {
  const { openai, pass } = await setup();
  const { id, input_file_id } = await createOpenai(openai, chatLines(1), {
    output_expires_after: { anchor: "created_at", seconds: 3600 },
  });
  pass(100);
  const { output_file_id } = await openai.batches.retrieve(id);
  expect(await resultLines(openai, output_file_id)).toHaveLength(1);
  pass(3600);
  await expect(resultLines(openai, output_file_id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await openai.files.retrieve(input_file_id);
  pass(30 * 24 * 3600);
  await expect(openai.files.retrieve(input_file_id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
});

test.each([
  ["an empty file", "", {}, /empty/],
  ["a file above the limit", "x".repeat(101), { openai_file_bytes: 100 }, /too large/],
])("%s is refused at upload", async (_name, text, limits, message) => {
  const { openai } = await setup({ limits });
  const upload = openai.files.create({ file: await toFile(Buffer.from(text), "in.jsonl"), purpose: "batch" });
  await expect(upload).rejects.toThrow(message);
  await expect(upload).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  expect(await collect(openai.files.list())).toEqual([]);
});

test.each([
  ["an unknown endpoint", { endpoint: "/v1/nonsense" }, "endpoint"],
  ["a metadata value that is too long", { metadata: { note: "x".repeat(513) } }, "metadata"],
  [
    "too many pairs of metadata",
    { metadata: Object.fromEntries([...Array(17).keys()].map((n) => [`k${n}`, "v"])) },
    "metadata",
  ],
])("%s is a 400 that names the parameter", async (_name, params, param) => {
  const { openai } = await setup();
  const create = createOpenai(openai, chatLines(1), params as object);
  await expect(create).rejects.toMatchObject({ status: 400, param });
});

test("unknown batches and files are 404, a file that is no batch's input is a 400", async () => {
  const { openai } = await setup();
  await expect(openai.batches.retrieve("batch_none")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await expect(openai.batches.retrieve("../files")).rejects.toThrow();
  await expect(openai.files.content("file-none")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  const other = await openai.files.create({
    file: await toFile(Buffer.from("x"), "x"),
    purpose: "user_data",
  });
  const create = openai.batches.create({
    input_file_id: other.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  await expect(create).rejects.toBeInstanceOf(OpenAI.BadRequestError);
});

test("no key and a wrong key are 401", async () => {
  const { sandbox } = await setup({ keys: { openai: ["sk-good"] } });
  expect((await fetch(`${sandbox.openaiBaseUrl}/batches`)).status).toBe(401);
  await expect(openaiClient(sandbox, "sk-bad").batches.list()).rejects.toBeInstanceOf(
    OpenAI.AuthenticationError,
  );
  await openaiClient(sandbox, "sk-good").batches.list();
});
