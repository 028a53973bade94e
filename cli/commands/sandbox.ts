/** `nightshift sandbox`: the provider sandbox by itself, for people's own code. */
import { once } from "node:events";
import * as z from "zod";
import { plans } from "../../local/sandbox/faults.ts";
import { NAMED_FAULTS, namedFaults, randomErrors } from "../../local/sandbox/named-faults.ts";
import type { Delivery } from "../../local/sandbox/openai/webhooks.ts";
import type { Sandbox, SandboxOptions } from "../../local/sandbox/sandbox.ts";
import { isSigningSecret, newSigningSecret } from "../../shared/secrets/webhook-signing-secret.ts";
import { given, oneOf, setting, url } from "../arguments.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { jsonOption } from "../options.ts";
import { SandboxOutput } from "../output/sandbox-output.ts";

/** Fixed, so that scripts can rely on it. */
const PORT = 8642;

interface SandboxFlags {
  port: number;
  dataDir?: string;
  upstream?: string;
  webhook?: string;
  latency: number;
  expireAfter?: number;
  maxRequests?: number;
  tokenLimit?: number;
  queueLimit?: number;
  batchesPerHour?: number;
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  concurrency?: number;
  realtimeLatency: number;
  lenient?: boolean;
  s3Endpoint?: string;
  minRecords?: number;
  failRate?: number;
  errorRate?: number;
  fault?: string[];
  verbose?: boolean;
  json?: boolean;
}

const AFTER_HELP = `
Faults strike at the first call of each kind and every tenth after it, unless their line says otherwise; of several for
the same calls the second strikes at the second call, and so on:
${Object.entries(NAMED_FAULTS)
  .map(([name, { what }]) => `  ${name.padEnd(17)} ${what}`)
  .join("\n")}

What it speaks: OpenAI's files and batches (chat completions, responses, embeddings) and Anthropic's message batches,
with their limits, validation errors and states over time. The same requests are answered in real time, too. It refuses
what the providers refuse: unknown models, parameters and part types. It speaks other providers, too: docs/sandbox.md. Any key is good. Answers are made up from the
request, or come from the server of --upstream, which gets UPSTREAM_API_KEY as its bearer token. Webhooks are signed
with OPENAI_WEBHOOK_SECRET (whsec_ and base64), or with a new secret that is printed; it delivers again what fails.

It listens on this machine alone, and ends on Ctrl-C with exit code 0; 1 when it cannot start, 2 when the command line
is wrong.

Examples:
  $ nightshift sandbox
  $ nightshift sandbox --latency 30 --fail-rate 0.05 --fault lost-create --fault not-found-yet --verbose
  $ nightshift sandbox --latency 60 --expire-after 40
  $ nightshift sandbox --port 0 --json
  $ nightshift sandbox --data-dir provider/ --upstream http://127.0.0.1:11434/v1`;

export const declareSandbox: DeclareCommand = (bare, end) => {
  const sandbox = bare.addHelpText("after", AFTER_HELP);
  const amount = setting(z.int().positive(), Number);
  const seconds = setting(z.number().nonnegative(), Number);
  const share = setting(z.number().min(0).max(1), Number);
  sandbox
    .option(
      "--port <number>",
      "where to listen; 0: any free port",
      setting(z.int().min(0).max(65535), Number),
      PORT,
    )
    .option("--data-dir <dir>", "keep batches and files there for the next start (default: gone at the end)")
    .option("--upstream <url>", "an OpenAI-compatible server answers the requests", url)
    .option("--webhook <url>", "gets OpenAI's webhooks, batch.completed and so on, signed", url);
  sandbox.optionsGroup("Time and limits (default: the documented ones):");
  sandbox
    .option("--latency <seconds>", "from a batch's creation to its end", seconds, 2)
    .option("--expire-after <seconds>", "from a batch's creation to its expiry (default: 24 hours)", seconds)
    .option("--max-requests <number>", "most requests of a batch", amount)
    .option("--token-limit <number>", "OpenAI: most prompt tokens of a model that wait in batches", amount)
    .option("--queue-limit <number>", "Anthropic: most requests that wait in batches", amount)
    .option("--batches-per-hour <number>", "OpenAI: most batches created in an hour", amount)
    .option("--min-records <number>", "Bedrock: fewest records of a job (default: 100)", amount)
    .option("--s3-endpoint <url>", "Bedrock: the S3 with its requests and results (default: its own)", url)
    .option("--lenient", "take any name for a model's (default: those of the price list)");
  sandbox.optionsGroup("Calls in real time, at each provider:");
  sandbox
    .option("--realtime-latency <seconds>", "what a call takes", seconds, 0)
    .option("--requests-per-minute <number>", "most calls in a minute (default: 30000)", amount)
    .option("--tokens-per-minute <number>", "most tokens in a minute (default: 150000000)", amount)
    .option("--concurrency <number>", "most calls at once (default: any number)", amount);
  sandbox.optionsGroup("What goes wrong:");
  sandbox
    .option("--fail-rate <share>", "share of a batch's requests that end in a server error, 0 to 1", share)
    .option("--error-rate <share>", "share of all calls that are answered 500 and do nothing, 0 to 1", share)
    .option(
      "--fault <name>",
      "one of those below; may be given several times",
      oneOf(Object.keys(NAMED_FAULTS)),
    );
  sandbox.optionsGroup("What is printed:");
  sandbox.option("--verbose", "one line a call: method, path, status; no bodies, no keys");
  jsonOption(sandbox, "JSON lines: the base URLs, with --verbose the calls,");
  sandbox.action(async (flags: SandboxFlags) => end(await serve(flags)));
};

async function serve(flags: SandboxFlags): Promise<number> {
  const output = new SandboxOutput(flags.json ?? false);
  const known = flags.webhook === undefined ? undefined : givenSecret();
  const secret = known ?? newSigningSecret();
  const onDelivery = flags.verbose ? (delivery: Delivery) => output.delivery(delivery) : undefined;
  const sandbox = await start({
    ...optionsOf(flags),
    ...(flags.webhook ? { webhook: { url: flags.webhook, secret, onDelivery } } : {}),
    ...(flags.verbose ? { onCall: (call) => output.call(call) } : {}),
  });
  const ended = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  // One of the user's own is not shown.
  output.begin(sandbox, { ...flags, webhookSecret: flags.webhook && !known ? secret : undefined });
  await ended;
  const stats = await sandbox.stats();
  await sandbox.close();
  output.end(stats);
  return EXIT.ok;
}

/** What the environment wants webhooks signed with, if it does. @throws Error when it is no such secret */
function givenSecret(): string | undefined {
  const given = process.env.OPENAI_WEBHOOK_SECRET?.trim();
  if (!given || isSigningSecret(given)) return given || undefined;
  throw new Error("OPENAI_WEBHOOK_SECRET must be whsec_ and base64, as OpenAI's are; unset it for a new one");
}

async function start(options: SandboxOptions): Promise<Sandbox> {
  const { startSandbox } = await import("../../local/sandbox/sandbox.ts");
  return startSandbox(options).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Error(
      `port ${options.port} is in use, perhaps by another sandbox; give another with --port, or --port 0 for a free one`,
    );
  });
}

function optionsOf(flags: SandboxFlags): SandboxOptions {
  const { maxRequests, tokenLimit, queueLimit, batchesPerHour } = flags;
  const { requestsPerMinute, tokensPerMinute, concurrency } = flags;
  const limits = given({
    openai_requests: maxRequests,
    anthropic_requests: maxRequests,
    openai_enqueued_tokens: tokenLimit,
    anthropic_queued_requests: queueLimit,
    openai_batches_per_hour: batchesPerHour,
    requests_per_minute: requestsPerMinute,
    tokens_per_minute: tokensPerMinute,
    concurrent_requests: concurrency,
    bedrock_records_min: flags.minRecords,
  });
  return {
    port: flags.port,
    latencySeconds: flags.latency,
    realtimeLatencySeconds: flags.realtimeLatency,
    limits,
    faults: plans(namedFaults(flags.fault ?? []), randomErrors(flags.errorRate ?? 0)),
    ...given({
      dir: flags.dataDir,
      upstream: flags.upstream,
      upstreamKey: process.env.UPSTREAM_API_KEY,
      expirySeconds: flags.expireAfter,
      failRate: flags.failRate,
      lenient: flags.lenient,
      bedrock: flags.s3Endpoint === undefined ? undefined : { s3: { endpoint: flags.s3Endpoint } },
    }),
  };
}
