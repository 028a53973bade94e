/** What `report.html` shows, as JSON in the page. */
import type { ItemCounts, JobSpec, Receipt } from "../models.ts";
import type { BatchReportData } from "./batch-report.ts";

/** One round of one batch. Times are Unix seconds; absent while not reached. */
export interface RoundTimes {
  batch: number;
  round: number;
  status: string;
  request_count: number;
  /** When the round began to wait for its turn. */
  created_at: number;
  submitted_at?: number | undefined;
  /** By the provider's clock. */
  provider_ended_at?: number | undefined;
  /** When its rows were safe. */
  collected_at?: number | undefined;
  error?: string | undefined;
}

/** Everything that the page shows. */
export interface ReportData extends BatchReportData {
  job: {
    job_id: string;
    provider: string | null;
    model: string | undefined;
    status: string;
    /** Unix seconds. */
    created_at: number;
    ended_at: number;
    error: string | null;
    counts: ItemCounts;
  };
  receipt: Receipt | null;
  spec: JobSpec;
  rounds: RoundTimes[];
  /** Rounds beyond those that are shown. */
  more_rounds: number;
}
