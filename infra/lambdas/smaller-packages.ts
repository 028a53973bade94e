/** Packages as bundles have them: their code as it is, and of their large tables what is needed, in fewer bytes. */
import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import type * as Prices from "@pydantic/genai-prices";
import type { Metafile } from "esbuild";
import type * as Ranks from "gpt-tokenizer/bpeRanks/o200k_base";
import { TOKENIZER_TABLE } from "../../shared/names.ts";
import { ROOT } from "../../shared/package-root.ts";
import { PROFILES } from "../../shared/providers/list.ts";

/** Not imported: an app that has the construct from the package bundles nothing, and would read the table at each start. */
const load = createRequire(import.meta.url);
const PRICES = "node_modules/@pydantic/genai-prices";
/** The list at the head of the package of prices. */
const LIST = /(?<=^const \w+ = )\[\n.*?^\]/ms;

/** esbuild's aliases for the packages. @throws Error when the package of prices is not written as it was */
export function smallerPackages(): Record<string, string> {
  const http = join(ROOT, "infra/lambdas/node-http.cjs");
  return {
    http,
    "node:http": http,
    "@pydantic/genai-prices": cutPrices(),
    "gpt-tokenizer/bpeRanks/o200k_base": join(ROOT, "shared/money/tokenizer-table.ts"),
  };
}

/**
 * The package with the models of our providers, and of those no more than names and prices: a quarter. It has the same place
 * each time, as esbuild names files by a hash of paths, too. Processes that write it at once write the same.
 */
function cutPrices(): string {
  const text = readFileSync(join(ROOT, PRICES, "dist/index.js"), "utf8");
  if (!LIST.test(text)) throw new Error(`${PRICES}/dist/index.js does not begin with its list of prices`);
  // A text is parsed faster than an expression of JavaScript.
  const list = JSON.stringify(JSON.stringify(ourProviders()));
  const copy = join(ROOT, "node_modules/.cache/nightshift", PRICES);
  mkdirSync(copy, { recursive: true });
  for (const file of ["package.json", "LICENSE"]) cpSync(join(ROOT, PRICES, file), join(copy, file));
  const index = join(copy, "index.js");
  const written = `${index}.${process.pid}`;
  const smaller = text.replace(LIST, () => `JSON.parse(${list})`);
  writeFileSync(written, smaller);
  renameSync(written, index);
  return index;
}

function ourProviders(): unknown[] {
  const { findProvider } = load("@pydantic/genai-prices") as typeof Prices;
  const ids = new Set(Object.values(PROFILES).flatMap(({ price }) => price.list ?? []));
  const cut: unknown[] = [];
  for (const providerId of ids) {
    const { id, fallback_model_providers, models } = findProvider({ providerId }) as Prices.Provider;
    // It may have the models of others; the loop comes to what is added.
    for (const other of fallback_model_providers ?? []) ids.add(other);
    cut.push({
      id,
      fallback_model_providers,
      models: models.map(({ id, match, prices }) => ({ id, match, prices })),
    });
  }
  return cut;
}

/** Writes the tokenizer's table, compressed, into the folder of bundled code, where that has the tokenizer: 0.8 MB for 2. */
export function addTable(folder: string, { inputs }: Metafile): void {
  if (!Object.keys(inputs).some((file) => file.endsWith("tokenizer-table.ts"))) return;
  const { default: ranks } = load("gpt-tokenizer/bpeRanks/o200k_base") as typeof Ranks;
  // The best quality, 11, takes ten times as long for a twelfth less.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 };
  writeFileSync(join(folder, TOKENIZER_TABLE), brotliCompressSync(JSON.stringify(ranks), { params }));
}
