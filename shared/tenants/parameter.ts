/** Systems Manager, in a file of its own: most stacks have no tenants. A package that is imported itself is not cut to what is used. */
import { GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { AWS_CLIENT } from "../aws-client.ts";

/**
 * Tries of a read. An account has 40 a second by default, which the Lambdas of a large job can pass as they start. Ten tries
 * spread over a minute. https://docs.aws.amazon.com/general/latest/gr/ssm.html
 */
const ATTEMPTS = 10;

/** The text of a parameter; null when there is none. @throws AWS's error */
export async function readParameter(Name: string): Promise<string | null> {
  try {
    const { Parameter } = await new SSMClient({ ...AWS_CLIENT, maxAttempts: ATTEMPTS }).send(
      new GetParameterCommand({ Name }),
    );
    return Parameter?.Value ?? null;
  } catch (error) {
    if (error instanceof ParameterNotFound) return null;
    throw error;
  }
}
