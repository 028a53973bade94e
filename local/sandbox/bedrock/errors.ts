import { ApiError } from "../api-error.ts";

/** Statuses of Bedrock's exceptions, by AWS's service model: a conflict and a quota are 400, too. */
const STATUSES = {
  ValidationException: 400,
  ConflictException: 400,
  ServiceQuotaExceededException: 400,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  ThrottlingException: 429,
  ServiceUnavailableException: 503,
  InternalServerException: 500,
} as const;

/** An exception of Bedrock's, by name. */
export function awsError(name: keyof typeof STATUSES, message: string): ApiError {
  return new ApiError(STATUSES[name], message, { code: name, headers: { "x-amzn-errortype": name } });
}

/** The body of an error; one that has no name gets the name of its status. */
export function errorBody({ status, code, message }: ApiError): unknown {
  const name =
    code ?? Object.entries(STATUSES).find(([, one]) => one === status)?.[0] ?? "InternalServerException";
  return { __type: name, message };
}
