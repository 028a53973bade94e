/** What `report.html` shows, as JSON in the page. */
import type { BatchStatus, ItemCounts, JobSpec, Receipt } from "../models.ts";
import type { BatchReportData } from "./batch-report.ts";
import type { FieldStats } from "./field-stats.ts";

/** One round of one batch. Times are Unix seconds; absent while not reached. */
export interface RoundTimes {
  batch: number;
  round: number;
  status: string;
  request_count: number;
  /** When the round began to wait for its turn. */
  created_at: number;
  submitted_at?: number | undefined;
  /** When each status of the provider's was first seen. */
  times?: Partial<Record<BatchStatus, number>> | undefined;
  /** By the provider's clock. */
  provider_ended_at?: number | undefined;
  /** When its rows were safe. */
  collected_at?: number | undefined;
  error?: string | undefined;
}

/** A field of the answers: its most frequent values, and how many it has. */
export interface ShownField extends FieldStats {
  different: number;
}

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
  fields: ShownField[];
  receipt: Receipt | null;
  /** Settings by name; as texts in the page. */
  spec: JobSpec | Record<string, unknown>;
  rounds: RoundTimes[];
  /** Rounds beyond those that are shown. */
  more_rounds: number;
}
