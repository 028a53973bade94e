/**
 * In place of the SDK's chain of credentials, in Lambdas. A role's are variables of the process, and last as long as it does.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";
