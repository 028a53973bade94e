/** The tags of objects, which fauxqs does not know: it would put them in the object's place. */
import type { RequestListener, Server } from "node:http";
import { text } from "node:stream/consumers";

/**
 * Makes an S3 server take an object's tags, and give them back as they came. Nothing expires here, so they are kept for as long as the
 * process runs.
 */
export function keepTags(server: Server): void {
  const tags = new Map<string, string>();
  const listeners = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    if (!searchParams.has("tagging")) {
      for (const listener of listeners) listener.call(server, request, response);
      return;
    }
    const answer = (body: string) => response.writeHead(200, { "content-type": "application/xml" }).end(body);
    if (request.method === "GET") answer(tags.get(pathname) ?? "<Tagging><TagSet/></Tagging>");
    else
      text(request).then(
        (given) => {
          tags.set(pathname, given);
          answer("");
        },
        // Who sent half of it is gone.
        () => response.destroy(),
      );
  });
}
