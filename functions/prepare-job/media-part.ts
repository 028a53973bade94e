/** Images and documents as one portable part of a message; each provider's format writes it in its own way. */
import { decodedOr } from "../../shared/decoded.ts";
import type { Json } from "../../shared/json/values.ts";

const URL_OR_DATA = /^(https?:\/\/\S+|data:[a-z0-9.+-]+\/[a-z0-9.+-]+;base64,[a-z0-9+/=]+)$/i;
const PDF = /^(data:application\/pdf;|https?:\/\/[^?#]+\.pdf([?#]|$))/i;
/** In the data URL of a file of the command's machine: its path. No provider gets it. */
const NAME = /^(data:[a-z0-9.+/-]+);name=([^;,]*)/i;

/** The part of a URL or a data URL; undefined for any other text. */
export function mediaPart(value: string): Json | undefined {
  const url = value.replace(NAME, "$1");
  if (!URL_OR_DATA.test(url)) return undefined;
  return PDF.test(url) ? { type: "document", document: url } : { type: "image", image: url };
}

/** What is carried of a data URL: the path of its file; undefined where it is not known. */
export function mediaName(value: string): string | undefined {
  const name = NAME.exec(value)?.[2];
  // One that is not the command's may be as it is.
  return name === undefined ? undefined : decodedOr(name, name);
}
