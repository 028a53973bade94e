/** Servers on loopback that only programs of this machine may use: a browser here runs other people's pages as well. */
import type { IncomingMessage, RequestListener, Server } from "node:http";

/** The address on which every server of ours listens. */
export const LOOPBACK = "127.0.0.1";

/** Names that a browser resolves to this machine, whatever a name server says. */
const OWN_NAME = /^(localhost|[\w-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/** Whether a host, with or without a port, is this machine by one of those names. */
export function isOwnName(host: string): boolean {
  return OWN_NAME.test(host);
}

/**
 * Makes a server refuse (403) what a web page from elsewhere sends. That is a request to a name that was made to
 * point here (DNS rebinding), or with another machine's `Origin`.
 */
export function refuseForeigners(server: Server): void {
  const listeners = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const reason = foreign(request);
    if (reason === null) {
      for (const listener of listeners) listener.call(server, request, response);
      return;
    }
    request.resume();
    response.writeHead(403, { "content-type": "text/plain" }).end(`Refused: ${reason}\n`);
  });
}

function foreign({ headers: { host = "", origin } }: IncomingMessage): string | null {
  if (!isOwnName(host))
    return `this server is for this machine alone; call it by the name ${LOOPBACK} or localhost.`;
  if (origin !== undefined && !isOwnName(origin.replace(/^https?:\/\//, "")))
    return "pages from other origins may not call it.";
  return null;
}
