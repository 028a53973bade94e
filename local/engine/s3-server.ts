/** The S3 server: fauxqs, with its objects as files. */
import { buildApp } from "fauxqs";
import { LOOPBACK, refuseForeigners } from "../loopback.ts";
import { keepTags } from "./object-tags.ts";

/**
 * Starts S3 on a port of loopback, with its objects in `dir`. fauxqs's own `startFauxqs` listens
 * on every interface of the machine, so its parts are put together here; the version is pinned.
 */
export async function startS3(dir: string, port: number): Promise<{ url: string; close(): Promise<void> }> {
  const parts = import.meta.resolve("fauxqs");
  const { S3Store } = await import(new URL("s3/s3Store.js", parts).href);
  const { FileS3Persistence } = await import(new URL("s3/fileS3Persistence.js", parts).href);
  const store = new S3Store();
  const files = new FileS3Persistence(dir);
  files.loadS3(store);
  store.persistence = files;
  const app = buildApp({ logger: false, stores: { s3Store: store } } as Parameters<typeof buildApp>[0]);
  keepTags(app.server);
  refuseForeigners(app.server);
  const url = await app.listen({ port, host: LOOPBACK });
  return { url, close: () => app.close() };
}
