/** A full disk: /dev/full refuses every write with ENOSPC, and a page limit makes SQLite say that it is full. */
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { explainDisk } from "../../../local/disk-error.ts";
import { receiveUpload } from "../../../local/sandbox/openai/upload.ts";

const SAID = "the disk of /data is full: free some space, then run the same command again";

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("a file's error is said in words", () => {
  const error = thrownBy(() => writeFileSync("/dev/full", "x"));
  expect(explainDisk(error, "/data")).toMatchObject({ message: SAID, cause: error });
});

test("a database's too", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("PRAGMA max_page_count = 2; CREATE TABLE t (x BLOB)");
  const error = thrownBy(() => database.exec("INSERT INTO t VALUES (zeroblob(100000))"));
  expect(explainDisk(error, "/data")).toMatchObject({ message: SAID });
});

test.each([
  ["EROFS", /^the disk of .*engine.db can only be read: choose another folder/],
  ["EFBIG", /^a file is too large for .*engine.db: .*ulimit/],
  ["EACCES", /^this user may not use .*engine.db: choose another folder/],
  ["ENOTDIR", /engine.db leads through a file, which is no folder/],
  ["EDQUOT", /^your quota on the disk of .*engine.db is used up/],
])("%s is said with the file's name", (code, said) => {
  const error = Object.assign(new Error("bare"), { code, path: "/data/engine.db" });
  expect(explainDisk(error, "/data")).toMatchObject({ message: expect.stringMatching(said) });
});

test("any other error stays what it is", () => {
  const error = thrownBy(() => writeFileSync("/nowhere/at/all", "x"));
  expect(explainDisk(error, "/data")).toBe(error);
});

test("the sandbox answers an upload that its disk has no room for", async ({ onTestFinished }) => {
  const server = createServer((request, response) => {
    receiveUpload(request, "/dev/full", 1e9).catch((error: Error) => response.end(error.message));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const form = new FormData();
  form.set("file", new Blob(["x".repeat(500_000)]), "a.jsonl");
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: form });
  expect(await answer.text()).toContain("ENOSPC");
});
