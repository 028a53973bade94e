/** Refuses a schema that does not compile, or that the provider does not take, before anything is sent. */
import { BatchItem, isTemplate, type JobSpec } from "../../shared/models.ts";
import { InvalidItemError } from "../../shared/providers/format.ts";
import { formatOf } from "../../shared/providers/formats.ts";

/** @throws InvalidJobError naming the part of the job's schema that is not valid, or that the provider does not take */
export async function checkSchema(spec: JobSpec): Promise<void> {
  if (!spec.schema) return;
  // Only a job with a schema carries the validator.
  (await import("../../shared/schema/answer-check.ts")).answerCheck(spec.schema);
  if (!isTemplate(spec)) return;
  // Any item: a table's rows differ in their texts alone.
  const item = BatchItem.parse({ custom_id: "row", user_message: "row" });
  try {
    formatOf(spec.provider, spec.model).body({ kind: "item", item, temperature_set: false }, spec);
  } catch (error) {
    // Each row says what is wrong with it.
    if (!(error instanceof InvalidItemError)) throw error;
  }
}
