import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { vi } from "vitest";

/** A Secrets Manager on loopback that answers every read with the given secrets, for this process's AWS clients. */
export async function secretsManager(secrets: Record<string, string>) {
  const reads: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { SecretId } = JSON.parse(body) as { SecretId: string };
    reads.push(SecretId);
    response.setHeader("content-type", "application/x-amz-json-1.1");
    const secret = secrets[SecretId];
    response.statusCode = secret === undefined ? 400 : 200;
    const missing = { __type: "ResourceNotFoundException", message: "can't find the specified secret." };
    response.end(JSON.stringify(secret === undefined ? missing : { Name: SecretId, SecretString: secret }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", `http://127.0.0.1:${port}`);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  return { reads, [Symbol.asyncDispose]: async () => void server.close() };
}
