/** What `nightshift sandbox` prints: its addresses, its calls and their outcomes. */
import type { Delivery } from "../../local/sandbox/openai/webhooks.ts";
import type { SandboxProvider } from "../../local/sandbox/providers.ts";
import type { ProviderStats, Sandbox } from "../../local/sandbox/sandbox.ts";
import type { ServedCall } from "../../local/sandbox/server.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { counted, number } from "./numbers.ts";
import { printJson } from "./safe-text.ts";
import { Terminal } from "./terminal.ts";

/** Any key is good; SDKs refuse to start without one. */
const KEY = "sandbox";

/** How the sandbox was started, as far as it is printed. */
export interface SandboxStart {
  dataDir?: string;
  upstream?: string;
  webhook?: string;
  /** A new one, which nobody knows yet. */
  webhookSecret: string | undefined;
  latency: number;
}

/** For people, or with `json` for programs. */
export class SandboxOutput {
  readonly #json: boolean;
  readonly #terminal = new Terminal();

  constructor(json: boolean) {
    this.#json = json;
  }

  begin({ openaiBaseUrl, anthropicBaseUrl, baseUrls, s3Url }: Sandbox, start: SandboxStart): void {
    const { dataDir, upstream, webhook, webhookSecret, latency } = start;
    if (this.#json) {
      const urls = {
        openai_base_url: openaiBaseUrl,
        anthropic_base_url: anthropicBaseUrl,
        base_urls: baseUrls,
        s3_url: s3Url,
      };
      printJson({ type: "sandbox", ...urls, openai_webhook_secret: webhookSecret });
      return;
    }
    const { colors } = this.#terminal;
    const answers = upstream ? `${upstream} answers` : "no model is asked, the answers are made up";
    this.#terminal.line(colors.yellow(`Sandbox: OpenAI's and Anthropic's batch APIs; ${answers}.`));
    this.#terminal.line();
    this.#terminal.line(`export OPENAI_BASE_URL=${openaiBaseUrl} OPENAI_API_KEY=${KEY}`);
    this.#terminal.line(`export ANTHROPIC_BASE_URL=${anthropicBaseUrl} ANTHROPIC_API_KEY=${KEY}`);
    if (webhookSecret) this.#terminal.line(`export OPENAI_WEBHOOK_SECRET=${webhookSecret}`);
    this.#terminal.line();
    if (webhook) this.#terminal.line(`${webhook} gets a webhook at the end of each OpenAI batch.`);
    const kept = dataDir ? `are kept in ${dataDir}` : "go when it ends";
    const ends = upstream ? "ends when its last request is answered" : `takes ${latency} s`;
    this.#terminal.line(`A batch ${ends}; batches and files ${kept}. Ctrl-C ends it.`);
  }

  call({ method, path, status }: ServedCall): void {
    if (this.#json) printJson({ type: "call", method, path, status });
    else this.#outcome(`${method} ${path}`, status !== null && status < 400, status ?? "cut off");
  }

  delivery({ event, batch, status }: Delivery): void {
    if (this.#json) printJson({ type: "webhook", event, batch, status });
    else
      this.#outcome(
        `webhook ${event} ${batch}`,
        Math.floor((status ?? 0) / 100) === 2,
        status ?? "no answer",
      );
  }

  #outcome(what: string, good: boolean, outcome: number | string): void {
    const { colors } = this.#terminal;
    this.#terminal.line(`${this.#terminal.clock()} ${what} ${good ? outcome : colors.red(`${outcome}`)}`);
  }

  end(stats: Record<SandboxProvider, ProviderStats>): void {
    if (this.#json) {
      const used = Object.entries(stats).filter(([, { batches_created }]) => batches_created > 0);
      const { openai, anthropic } = stats;
      printJson({ type: "end", openai, anthropic, ...Object.fromEntries(used) });
      return;
    }
    for (const [provider, { batches_created, requests_accepted, requests_billed }] of Object.entries(stats)) {
      if (batches_created === 0) continue;
      const batches = counted(batches_created, "batch", "batches");
      this.#terminal.line(
        `${titleOf(provider)}: ${batches}, ${counted(requests_accepted, "request")}, of which ${number(requests_billed)} would have been charged`,
      );
    }
  }
}

/** A name for people; the sandbox speaks as more providers than jobs can use. */
function titleOf(provider: string): string {
  const profile = Object.entries(PROFILES).find(([name]) => name === provider)?.[1];
  return profile?.title ?? provider;
}
