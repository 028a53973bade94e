/** Deterministic inputs, without anything wrong in them: a peer would refuse a repeated id. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { sequence } from "../../local/sandbox/chance.ts";

const WORDS = "a line of words that mean little but are as long as the words people write in a prompt".split(
  " ",
);

/** What the items of an input are like. */
export interface InputShape {
  items: number;
  /** About the length of a line. */
  lineBytes: number;
  /** Settings of the n-th item (from 1), if it has any. */
  extra?: (n: number) => Record<string, unknown> | undefined;
}

/** The id of the n-th item, from 1. */
export function idOf(n: number): string {
  return `item-${n}`;
}

/** The item that has an id; Infinity when none has. */
export function numberOf(id: string): number {
  const n = Number(id.slice("item-".length));
  return n >= 1 && idOf(n) === id ? n : Number.POSITIVE_INFINITY;
}

/** What an answer to the n-th item quotes. */
export function questionOf(n: number): string {
  return `Question ${n}:`;
}

/** Writes an input file. */
export async function writeInput(path: string, { items, lineBytes, extra }: InputShape): Promise<void> {
  const next = sequence("peers");
  const file = createWriteStream(path);
  for (let n = 1; n <= items; n++) {
    let user_message = questionOf(n);
    while (user_message.length < lineBytes - 60)
      user_message += ` ${WORDS[Math.floor(next() * WORDS.length)]}`;
    const more = file.write(`${JSON.stringify({ custom_id: idOf(n), user_message, extra: extra?.(n) })}\n`);
    if (!more) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}
