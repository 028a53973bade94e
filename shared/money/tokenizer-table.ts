/** What a bundle has in place of the tokenizer's table: the file beside it (`infra/lambdas/smaller-packages.ts`), and a third of it. */
import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { TOKENIZER_TABLE } from "../names.ts";

const file = readFileSync(new URL(TOKENIZER_TABLE, import.meta.url));

/** Tokens by rank: texts, or the bytes of what is none. */
const ranks: (string | number[])[] = JSON.parse(brotliDecompressSync(file).toString("utf8"));
export default ranks;
