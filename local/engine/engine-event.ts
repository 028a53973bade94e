/** What happens while an execution runs. */
export type EngineEvent =
  | {
      type: "state";
      name: string;
      /** The batch whose child execution it is; undefined in the job's own. */
      batch: number | undefined;
    }
  | { type: "returned"; name: string; output: unknown }
  | { type: "retry"; name: string; error: string; cause: string }
  | { type: "event"; detail: unknown };
