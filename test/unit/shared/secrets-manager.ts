import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { vi } from "vitest";

/** A Secrets Manager on loopback that answers every read with the given secrets, for this process's AWS clients. */
export function secretsManager(secrets: Record<string, string>) {
  return serviceOf(secrets, "AWS_ENDPOINT_URL_SECRETS_MANAGER", {
    nameIn: ({ SecretId }) => SecretId,
    answer: (Name, SecretString) => ({ Name, SecretString }),
    missing: { __type: "ResourceNotFoundException", message: "can't find the specified secret." },
  });
}

/** A Parameter Store on loopback that answers every read with the given parameters, for this process's AWS clients. */
export function parameterStore(parameters: Record<string, string>) {
  return serviceOf(parameters, "AWS_ENDPOINT_URL_SSM", {
    nameIn: ({ Name }) => Name,
    answer: (Name, Value) => ({ Parameter: { Name, Value, Type: "String" } }),
    missing: { __type: "ParameterNotFound" },
  });
}

/** How a service of AWS is asked for a text by its name, and answers. */
interface Form {
  nameIn(request: Record<string, string>): string | undefined;
  answer(name: string, value: string): unknown;
  missing: unknown;
}

async function serviceOf(values: Record<string, string>, variable: string, form: Form) {
  const reads: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const name = form.nameIn(JSON.parse(body)) ?? "";
    reads.push(name);
    response.setHeader("content-type", "application/x-amz-json-1.1");
    const value = values[name];
    response.statusCode = value === undefined ? 400 : 200;
    response.end(JSON.stringify(value === undefined ? form.missing : form.answer(name, value)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  vi.stubEnv(variable, `http://127.0.0.1:${port}`);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  return { reads, [Symbol.asyncDispose]: async () => void server.close() };
}
