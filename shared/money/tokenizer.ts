/** OpenAI's encoding of gpt-4o and later, in a file of its own. Its table is large, and loaded when it is needed. */
import ranks from "gpt-tokenizer/bpeRanks/o200k_base";
import { GptEncoding } from "gpt-tokenizer/GptEncoding";

const encoding = GptEncoding.getEncodingApi("o200k_base", () => ranks);
const OPTIONS = { disallowedSpecial: new Set<string>() };

/** Tokens of a text; a special token in it is plain text. */
export const countTokens = (text: string): number => encoding.countTokens(text, OPTIONS);
