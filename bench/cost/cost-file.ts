/** `docs/cost.md`, from what was counted. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { table } from "../tables.ts";
import { billOf, type Charge, looksIn } from "./bill.ts";
import type { CountedRun } from "./counted-run.ts";

type Runs = Record<"openai" | "anthropic", CountedRun>;

/** USD a million items. */
const AIM = 0.25;

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Writes the file. */
export function writeCost(items: number, runs: Runs): void {
  const bills = [billOf(runs.openai, 24), billOf(runs.anthropic, 24), billOf(runs.openai, 2)] as const;
  const rows = bills[0].map(({ what }, at) => [what, ...bills.flatMap((bill) => cells(bill[at]))]);
  const totals = bills.flatMap((bill) => ["", `**${usd(sum(bill))}**`]);
  const text = `# What orchestration costs

Written by \`npm run bench:cost\` on ${new Date().toISOString().slice(0, 10)}; nothing here is written by hand. The providers' own charge for
tokens is not in it: for a million short prompts that is tens to thousands of dollars.

One job of ${number.format(items)} items of about 1 KB, USD, us-east-1:

${table(
  ["", "OpenAI, 24 h", "USD", "Anthropic, 24 h", "USD", "OpenAI, 2 h", "USD"],
  [...rows, ["**total**", ...totals]],
)}
${verdicts(items, bills)}

## How it was counted

- The job was run to its end: the state machine's own definition, synthesized from the stack, each Lambda's bundle in a process
  of its own, S3 and DynamoDB on loopback counting every request. ${runs.openai.batches} batches for OpenAI (50,000 requests each), ${runs.anthropic.batches} for Anthropic
  (100,000).
- Waits were cut short in the run. The looks at a batch that still runs are counted as the schedule has them (\`shared/workflow/poll-wait.ts\`: an
  eighth of the time already waited, between 30 s and 15 min): ${looksIn(24)} a batch in 24 hours, ${looksIn(2)} in 2, each of 3 state
  transitions, one Lambda call, one read and one write of the record, as counted for such looks in the run. 24 hours for every batch is the worst case.
- A transition is every state entered, and the start of every execution.
- Lambda time is the CPU that the run used, a cold start in every call included, at the 0.29 vCPU of 512 MB, plus 20 ms for
  each request to S3 and DynamoDB and 0.5 s for each call that talks to a provider (assumed). Three write units for a write (records of 1 to 3 KB), the key
  read from Secrets Manager in every call that talks to a provider.
- Not in it: storage (input, requests, rows and results of such a job are about 6 GB: 0.14 USD for a month, less once the lifecycle rule
  has removed \`jobs/\`), the dashboard, alarms and metrics (by the month, not by the job), X-Ray's free tier, rounds after the first.

## What it says

Looks at running batches are most of the bill: their number depends on batches and hours, not on items. Fewer are made by a
larger \`min_poll_seconds\` only in the first hours; the cap of 15 minutes makes ${looksIn(24) - looksIn(12)} of the ${looksIn(24)}
in the second half of the day. OpenAI's webhooks make them no fewer: they end the last wait early
(docs/decisions.md says why waits are not longer then).
`;
  writeFileSync(join(import.meta.dirname, "../../docs/cost.md"), text);
  console.log(text);
}

/** Each bill beside the aim, met or not. */
function verdicts(items: number, bills: readonly Charge[][]): string {
  const names = ["OpenAI, 24 h", "Anthropic, 24 h", "OpenAI, 2 h"];
  const said = bills.map((bill, at) => {
    const million = (sum(bill) / items) * 1e6;
    return `${names[at]}: ${usd(million)}, ${million < AIM ? "met" : "missed"}`;
  });
  return `Aim: below ${AIM} USD a million items. ${said.join("; ")}.`;
}

function sum(bill: Charge[]): number {
  return bill.reduce((total, charge) => total + charge.usd, 0);
}

function cells(charge: Charge | undefined): string[] {
  return charge ? [number.format(charge.amount), usd(charge.usd)] : ["", ""];
}

function usd(amount: number): string {
  return amount.toFixed(4);
}
