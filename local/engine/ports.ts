/** Ports that stay the same from one process to the next, so that who has a folder's address need not ask again. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { LOOPBACK } from "../loopback.ts";

const Ports = z.object({ s3: z.int().positive(), dynamodb: z.int().positive() });
type Ports = z.infer<typeof Ports>;

/** The ports that the folder's services had last, where they are free, and else others. */
export async function portsOf(dir: string): Promise<Ports> {
  const last = readPorts(dir);
  const s3 = await freePort(last?.s3);
  const dynamodb = await freePort(last?.dynamodb, s3);
  const ports = { s3, dynamodb };
  writeFileSync(join(dir, "ports.json"), JSON.stringify(ports));
  return ports;
}

function readPorts(dir: string): Ports | null {
  try {
    return Ports.parse(JSON.parse(readFileSync(join(dir, "ports.json"), "utf8")));
  } catch {
    // There is none yet, or a crash left half of it: any port will do.
    return null;
  }
}

async function freePort(wanted = 0, taken?: number): Promise<number> {
  const port = (await tryPort(wanted)) ?? (await tryPort(0));
  if (port === null) throw new Error(`there is no free port on ${LOOPBACK}`);
  return port === taken ? freePort(0, taken) : port;
}

/** The port that was got, 0 being any; null when it is not free. */
function tryPort(wanted: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen(wanted, LOOPBACK, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : null;
      server.close(() => resolve(port));
    });
  });
}
