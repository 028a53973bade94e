/** What `nightshift sandbox` tells: its addresses, its calls, and what came of them. */
import type { ProviderStats, Sandbox } from "../../local/sandbox/sandbox.ts";
import type { ServedCall } from "../../local/sandbox/server.ts";
import type { ProviderName } from "../../shared/models.ts";
import { PROVIDERS } from "../job-settings.ts";
import { printJson } from "./json-lines.ts";
import { number } from "./numbers.ts";
import { Terminal } from "./terminal.ts";

/** Any key is good; SDKs refuse to start without one. */
const KEY = "sandbox";

/** How the sandbox was started, as far as it is told. */
export interface SandboxStart {
  dataDir?: string;
  upstream?: string;
  latency: number;
}

/** For people, or with `json` for programs. */
export class SandboxOutput {
  readonly #json: boolean;
  readonly #terminal = new Terminal();

  constructor(json: boolean) {
    this.#json = json;
  }

  begin({ openaiBaseUrl, anthropicBaseUrl }: Sandbox, { dataDir, upstream, latency }: SandboxStart): void {
    if (this.#json) {
      printJson({ type: "sandbox", openai_base_url: openaiBaseUrl, anthropic_base_url: anthropicBaseUrl });
      return;
    }
    const { colors } = this.#terminal;
    const answers = upstream ? `${upstream} answers` : "no model is asked, the answers are made up";
    this.#terminal.line(colors.yellow(`Sandbox: OpenAI's and Anthropic's batch APIs; ${answers}.`));
    this.#terminal.line();
    this.#terminal.line(`export OPENAI_BASE_URL=${openaiBaseUrl} OPENAI_API_KEY=${KEY}`);
    this.#terminal.line(`export ANTHROPIC_BASE_URL=${anthropicBaseUrl} ANTHROPIC_API_KEY=${KEY}`);
    this.#terminal.line();
    const kept = dataDir ? `are kept in ${dataDir}` : "go when it ends";
    const ends = upstream ? "ends when its last request is answered" : `takes ${latency} s`;
    this.#terminal.line(`A batch ${ends}; batches and files ${kept}. Ctrl-C ends it.`);
  }

  call({ method, path, status }: ServedCall): void {
    if (this.#json) {
      printJson({ type: "call", method, path, status });
      return;
    }
    const { colors } = this.#terminal;
    const outcome = status ?? "cut off";
    const good = status !== null && status < 400;
    this.#terminal.line(
      `${this.#terminal.clock()} ${method} ${path} ${good ? outcome : colors.red(`${outcome}`)}`,
    );
  }

  end(stats: Record<ProviderName, ProviderStats>): void {
    if (this.#json) {
      printJson({ type: "end", ...stats });
      return;
    }
    for (const [provider, { title }] of Object.entries(PROVIDERS)) {
      const { batches_created, requests_accepted, requests_billed } = stats[provider as ProviderName];
      if (batches_created === 0) continue;
      const batches = `${number(batches_created)} ${batches_created === 1 ? "batch" : "batches"}`;
      this.#terminal.line(
        `${title}: ${batches}, ${number(requests_accepted)} requests, of which ${number(requests_billed)} would have been charged`,
      );
    }
  }
}
