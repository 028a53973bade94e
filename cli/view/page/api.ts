/** What the page asks its server. */

export interface ListedJob {
  job_id: string;
  origin?: string;
  provider: string | null;
  model?: string;
  status: string;
  created_at: number;
  request_count: number;
  counts?: Record<string, number>;
  cost_usd?: number | null;
}

export interface ShownBatch {
  batch: number;
  round: number;
  state: string;
  /** The provider's word for it. */
  status: string;
  since: number;
  answered: number;
  items: number;
  provider_counts?: Record<string, number>;
  next_poll_at?: number;
  waiting_for?: string;
  real_time?: boolean;
  error?: string | null;
  trouble?: { message: string };
}

export interface ShownJob extends ListedJob {
  ended: boolean;
  answered: number;
  batches: number;
  batches_done: number;
  error?: string | null;
  receipt?: { cost_usd: number | null; total_tokens: number };
  execution: { text: string; advice?: string };
  begun: ShownBatch[];
  /** Bytes of the rows that there are. */
  rows_bytes: number;
  /** Names of the files of a job that has ended. */
  files: string[];
  /** The file with the answers of retries, where the counts are its. */
  merged?: string;
  /** The last retry that was started in the viewer. */
  retry?: { running: boolean; text: string };
}

/** A row of the results, or the size of one that is too long to show. */
export interface ShownRow {
  line: number;
  custom_id: string;
  status: string;
  response: {
    content: string;
    parsed: unknown;
    finish_reason: string;
    usage?: { total_tokens: number };
  } | null;
  error: string | null;
  input?: unknown;
  tooLong?: number;
}

export interface ShownRows {
  from: number;
  rows: { start: number; row: ShownRow }[];
  next: number;
  size: number;
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(path, init);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
}

const job = (id: string) => `jobs/${encodeURIComponent(id)}`;

export const readJobs = () => ask<ListedJob[]>("jobs");
export const readJob = (id: string) => ask<ShownJob>(job(id));
export const readPrompt = (id: string, line: number) =>
  ask<{ prompt: string | null }>(`${job(id)}/prompt?line=${line}`);
export const retryJob = (id: string, realTime: boolean) =>
  ask<object>(`${job(id)}/retry${realTime ? "?real_time" : ""}`, { method: "POST" });
export const cancelJob = (id: string) => ask<{ message: string }>(`${job(id)}/cancel`, { method: "POST" });
export const fileUrl = (id: string, name: string) => `files/${encodeURIComponent(id)}/${name}`;

export interface Filter {
  text: string;
  status: string;
  /** A field and the text that it must be. */
  field: string;
  value: string;
}

export const ALL: Filter = { text: "", status: "", field: "", value: "" };

/** Reads a page of rows from a byte, or the last ones. */
export async function readRows(
  id: string,
  from: number | "end",
  filter: Filter,
  count = 50,
): Promise<ShownRows> {
  const query = new URLSearchParams({ from: String(from), count: String(count), ...filter });
  const page = await ask<Omit<ShownRows, "rows"> & { rows: { start: number; text: string }[] }>(
    `${job(id)}/rows?${query}`,
  );
  return { ...page, rows: page.rows.map(({ start, text }) => ({ start, row: JSON.parse(text) })) };
}
