/** Bedrock's endpoints outside of batches: `Converse` and `InvokeModel`. */
import { ApiError } from "../api-error.ts";
import { type Call, type Reply, type Route, route } from "../http.ts";
import type { ModelNames } from "../model-names.ts";
import { answerNow, type Realtime } from "../realtime.ts";
import type { CreateJob } from "./create-params.ts";
import { awsError } from "./errors.ts";

/** Each action's path, the type of a batch with the same requests, and the SDK's name. */
const ACTIONS = [
  ["converse", "Converse", "converse"],
  ["invoke", "InvokeModel", "invokeModel"],
] as const;

/** `/model/<id>/converse` and `/model/<id>/invoke`. */
export function realtimeRoutes(realtime: Realtime, models: ModelNames): Route[] {
  return ACTIONS.map(([action, type, operation]) =>
    route("POST", `/model/:id/${action}`, operation, (call) => ask(realtime, models, call, type)),
  );
}

async function ask(
  realtime: Realtime,
  models: ModelNames,
  call: Call,
  modelInvocationType: CreateJob["modelInvocationType"],
): Promise<Reply> {
  const { id: modelId } = call;
  if (!models.has(modelId)) throw invalidModel(models, modelId);
  const reply = await answerNow(realtime, call, { job: { modelId, modelInvocationType } });
  if (reply.status === 200) return reply;
  const { error } = (reply as { json: { error?: { message?: string } } }).json;
  throw new ApiError(reply.status, error?.message ?? "The request is not valid.");
}

/** What Bedrock says of a model that it does not have. */
export function invalidModel(models: ModelNames, modelId: string): ApiError {
  const message = `The provided model identifier is invalid.${models.didYouMean(modelId)}`;
  return awsError("ValidationException", message);
}

/** Bedrock sends no headers of limits, and does not say when to come again. @throws ApiError ThrottlingException */
export const refuse: Realtime["refuse"] = ({ limit }) => {
  const what = limit === "tokens" ? "tokens" : "requests";
  throw awsError("ThrottlingException", `Too many ${what}, please wait before trying again.`);
};
