/** Packages as bundles have them: their code as it is, and of their tables and schemas only what is needed. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { findProvider, type Provider } from "@pydantic/genai-prices";
import type { Plugin } from "esbuild";
import { ROOT } from "../../shared/package-root.ts";
import { PROFILES } from "../../shared/providers/list.ts";

/** In the place of what a Lambda never uses. A name that the SDK imports and these lack is an error of the build. */
export const UNUSED_IN_LAMBDA = {
  "@aws-sdk/credential-provider-node": join(ROOT, "infra/lambdas/in-place/credentials.ts"),
  "@smithy/core/event-streams": join(ROOT, "infra/lambdas/in-place/event-streams.ts"),
  bowser: join(ROOT, "infra/lambdas/in-place/browser.ts"),
};

/**
 * An ES module that imports it reads all of its exports, `WebSocket` among them, and so loads undici. That is 36 ms of CPU at each
 * start, whether `fetch` is used or not (Node 24). Of CommonJS they are read when they are used.
 */
const HTTP = /^(node:)?http$/;
const LAZY_HTTP = 'module.exports = process.getBuiltinModule("node:http");';

/** Modules that are one large value: the tokenizer's table, 1.7 MB, and the report's page, 0.3 MB. */
const VALUES = /\/(bpeRanks\/o200k_base\.js|report\/page\.generated\.ts)$/;
/** The list at the head of the package of prices. */
const PRICES = /genai-prices\/dist\/index\.js$/;
const LIST = /(?<=^const \w+ = )\[\n.*?^\]/ms;
/** It sorts names of units as it is loaded. They are ASCII, and to load the rules of a language takes 6 ms of CPU. */
const COMPARED = /([\w.]+)\.localeCompare\(([\w.]+)\)/g;
/** What each client of the SDK knows of every command and its members. */
const SCHEMAS = /@aws-sdk\/.*\/schemas_\d+\.js$/;
const KEY = /\[(_\w+)\](?=:)/g;

/** What the interpreter of the state machine imports, and never uses here. */
const UNUSED_BY_INTERPRETER = /^(@aws-sdk\/client-lambda|@aws-sdk\/credential-providers|asl-validator)$/;
const INTERPRETER = join(ROOT, "infra/lambdas/in-place/interpreter.ts");

/** Large values are packed into files beside the code, and of the SDK's schemas only those of used commands stay. */
export function smallerPackages(): Plugin {
  return {
    name: "smaller-packages",
    setup({ onLoad, onResolve }) {
      onResolve({ filter: HTTP }, () => ({ path: "http", namespace: "lazy" }));
      onLoad({ filter: /^/, namespace: "lazy" }, () => ({ contents: LAZY_HTTP }));
      onResolve({ filter: UNUSED_BY_INTERPRETER }, ({ importer }) =>
        importer.includes("aws-local-stepfunctions") ? { path: INTERPRETER } : undefined,
      );
      onLoad({ filter: VALUES }, async ({ path }) => {
        const value = await import(pathToFileURL(path).href);
        const exports = Object.keys(value).map(
          (key) => `const $${key} = unpacked.${key}; export { $${key} as ${key} };`,
        );
        const [name = ""] = basename(path).split(".");
        return { contents: unpack(name, value) + exports.join("\n"), resolveDir: ROOT };
      });
      onLoad({ filter: PRICES }, ({ path }) => {
        const text = sourceOf(path, LIST).replace(COMPARED, "($1 < $2 ? -1 : 1)");
        return {
          contents: unpack("prices", ourProviders()) + text.replace(LIST, "unpacked"),
          resolveDir: ROOT,
        };
      });
      onLoad({ filter: SCHEMAS }, ({ path }) => ({ contents: withPlainKeys(sourceOf(path, KEY)) }));
      onResolve({ filter: /^packed:/ }, ({ path }) => ({ path: path.slice(7), namespace: "packed" }));
      onLoad({ filter: /^/, namespace: "packed" }, ({ path }) => ({
        contents: packed.get(path),
        loader: "file",
      }));
    },
  };
}

/** Of this process's bundles: files of packed values by name. */
const packed = new Map<string, Uint8Array>();

/** Code that reads a value from the file that the bundle has of it. */
function unpack(name: string, value: unknown): string {
  const file = `${name}.br`;
  // The best quality, 11, takes ten times as long for a twelfth less.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 };
  if (!packed.has(file)) packed.set(file, brotliCompressSync(JSON.stringify(value), { params }));
  return `import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import packed from "packed:${file}";
const unpacked = JSON.parse(brotliDecompressSync(readFileSync(new URL(packed, import.meta.url))).toString());
`;
}

/** @throws Error when a package is not written as it was */
function sourceOf(path: string, pattern: RegExp): string {
  const text = readFileSync(path, "utf8");
  if (text.search(pattern) < 0) throw new Error(`${path} is not written as it was: ${pattern} finds nothing`);
  return text;
}

/** `{ [_h]: 1 }` as `{ "http": 1 }`. esbuild keeps all that has a computed key: computing it could do anything. */
function withPlainKeys(text: string): string {
  const texts = new Map(
    [...text.matchAll(/^const (_\w+) = (".*?");$/gm)].map(([, name, value]) => [name, value]),
  );
  return text.replace(KEY, (key, name) => texts.get(name) ?? key);
}

/** Our providers, and of their models no more than names and prices: a quarter of the list. */
function ourProviders(): unknown[] {
  const ids = new Set(Object.values(PROFILES).flatMap(({ price }) => price.list ?? []));
  const cut: unknown[] = [];
  for (const providerId of ids) {
    const { id, fallback_model_providers, models } = findProvider({ providerId }) as Provider;
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
