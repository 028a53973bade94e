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

Written by \`npm run bench:cost\` on ${new Date().toISOString().slice(0, 10)}; nothing here is written by hand. The provider's own charge for tokens is
not in it: a million short prompts cost tens to thousands of dollars.

One job of ${number.format(items)} items of about 1 KB, USD, us-east-1:

${table(
  ["", "OpenAI, 24 h", "USD", "Anthropic, 24 h", "USD", "OpenAI, 2 h", "USD"],
  [...rows, ["**total**", ...totals]],
)}
${verdicts(items, bills)}

## How it was counted

- The job ran to its end, with the state machine's own definition, synthesized from the stack. Each Lambda's bundle ran
  in its own process. S3 and DynamoDB on loopback counted every request.
- OpenAI had ${runs.openai.batches} batches (50,000 requests each), Anthropic ${runs.anthropic.batches} (100,000).
- The run shortened the waits. Polls of a running batch are counted by the schedule (\`shared/workflow/poll-wait.ts\`). It
  waits an eighth of the time already waited, between 30 s and 15 min. That makes ${looksIn(24)} polls a batch in 24 hours, ${looksIn(2)}
  in 2.
- As the run counted, such a poll is 3 state transitions, one Lambda call, one read and one write.
- 24 hours for every batch is the worst case.
- Every state entered is a transition, and so is the start of every execution.
- Lambda time is the run's CPU at the 0.29 vCPU of 512 MB, with a cold start in every call. Each request to S3 and
  DynamoDB adds 20 ms, and each call to a provider 0.5 s (assumed).
- A write takes three write units (records of 1 to 3 KB). Every call to a provider reads the key from Secrets Manager.
- Storage is not in it. Input, requests, rows and results of such a job are about 6 GB: 0.14 USD for a month. It costs
  less once the lifecycle rule has removed \`jobs/\`.
- Also not in it: dashboard, alarms and metrics (by the month, not by the job), X-Ray's free tier, later rounds.

## What it says

Polls of running batches are most of the bill. Their number depends on batches and hours, not on items. A larger
\`min_poll_seconds\` saves polls only in the first hours. The cap of 15 minutes makes ${looksIn(24) - looksIn(12)} of the ${looksIn(24)} in the second
half of the day. OpenAI's webhooks save no polls: they end the last wait early. docs/decisions.md says why waits are
not longer then.
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
