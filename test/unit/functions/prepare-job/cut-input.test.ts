import { expect, test } from "vitest";
import { type BatchFile, BatchWriter } from "../../../../functions/prepare-job/batch-writer.ts";
import { atStart } from "../../../../functions/prepare-job/cursor.ts";
import { cutInput } from "../../../../functions/prepare-job/cut-input.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { formatOf } from "../../../../shared/providers/formats.ts";
import { openReader } from "../../../../shared/streams/reader.ts";
import type { Utf8Text } from "../../../../shared/streams/utf8-text.ts";
import { textSource } from "../../../harness/sources.ts";

/** Files in memory, by key. */
class Files {
  readonly texts = new Map<string, string>();
  readonly open = (key: string): BatchFile => {
    const pieces: string[] = [];
    const file = {
      bytes: 0,
      write(text: string | Utf8Text) {
        pieces.push(String(text));
        file.bytes += Buffer.byteLength(String(text));
        return undefined;
      },
      close: async () => void this.texts.set(key, pieces.join("")),
      abort: async () => {},
    };
    return file;
  };
}

async function cut(
  text: string,
  settings: Record<string, unknown> = {},
  pause = false,
  maxSpanBytes?: number,
) {
  const spec = JobSpec.parse({ provider: "openai", model: "gpt-4.1-mini", ...settings });
  const files = new Files();
  const progress = atStart();
  let closed: BatchWriter["closed"] = [];
  let runs = 0;
  for (let done = false; !done; runs++) {
    const writer = new BatchWriter({
      job_id: "j",
      spec,
      format: formatOf("openai"),
      open: files.open,
      closed,
      maxLines: 1000,
    });
    const reader = await openReader(textSource(text, "t.jsonl"));
    const cutting = {
      spec,
      header: 0,
      writer,
      shouldPause: () => pause,
      ...(maxSpanBytes && { maxSpanBytes }),
    };
    done = await cutInput(reader, progress, cutting);
    closed = done ? await writer.finish() : writer.closed;
  }
  const file = (end: string) =>
    [...files.texts].filter(([key]) => key.endsWith(end)).map(([, content]) => content);
  return {
    runs,
    progress,
    quotes: closed,
    requests: file(".request.jsonl"),
    index: file(".index"),
    texts: files.texts,
  };
}

test("fault 18: lines that are all invalid let a run stop, and no batch's index grows without end", async () => {
  const whole = await cut("{}\n".repeat(2500));
  const parts = await cut("{}\n".repeat(2500), {}, true);
  expect(parts.runs).toBe(3);
  expect(parts.texts).toEqual(whole.texts);
  expect(whole.index.map((text) => text.split("\n").length - 1)).toEqual([1000, 1000, 500]);
  expect(parts.progress.cursor).toMatchObject({ lines: 2500, invalid: 2500 });
});

test("fault 18: blank lines without end let a run stop", async () => {
  const line = (at: number) => `{"custom_id":"${at}","user_message":"hi"}\n`;
  const text = `${line(1)}${"\n".repeat(5000)}${line(2)}${"\r\n".repeat(5000)}${line(3)}`;
  const whole = await cut(text, {}, false, 1000);
  const parts = await cut(text, {}, true, 1000);
  expect(parts.runs).toBeGreaterThan(10);
  expect(parts.texts).toEqual(whole.texts);
  expect(whole.quotes.map(({ requests }) => requests)).toEqual([1, 1, 1]);
});

test("fault 5: half a surrogate pair is its line's fault, before anything is sent", async () => {
  const lines = [
    '{"custom_id":"a","user_message":"cut \\ud83d"}',
    '{"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"\\udE00"}]}}',
    '{"custom_id":"c","user_message":"x","extra":{"metadata":{"k":"\\ud83d"}}}',
    '{"custom_id":"d \\ud83d","user_message":"whole \\ud83d\\ude00, and text: \\\\ud83d"}',
  ];
  const { progress, requests } = await cut(`${lines.join("\n")}\n`);
  expect(progress.cursor.problems).toEqual([
    expect.stringMatching(/^line 1: messages\.0\.content: has half a surrogate pair/),
    expect.stringMatching(/^line 2: messages\.0\.content: has half a surrogate pair/),
    expect.stringMatching(/^line 3: metadata\.k: has half a surrogate pair/),
  ]);
  expect(requests.join("").split("\n")).toHaveLength(2);
});

test("fault 8: a native body and extra go through as the bytes they are", async () => {
  const body =
    '{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"a\\u00e9"}], "response_format" : {"2":1.0,"1":12345678901234567890,"a":1e400,"a":0.1000000000000000055}}';
  const extra = '{"tools":[{"schema":{"10":1.0,"9":123456789012345678901234567890}}],"user":null}';
  const native = `{"custom_id":"n","method":"POST","url":"/v1/chat/completions","body":${body}}`;
  const { requests, progress } = await cut(
    `${native}\n{"custom_id":"i","user_message":"x","extra": ${extra} }\n`,
  );
  expect(progress.cursor.problems).toEqual([]);
  const [first, second] = requests.join("").split("\n");
  expect(first).toContain(`"url":"/v1/chat/completions","body":${body}}`);
  expect(second).toContain('"tools":[{"schema":{"10":1.0,"9":123456789012345678901234567890}}]');
  expect(second).not.toContain('"user":');
});
