/** Images and documents as one portable part of a message; each provider's format writes it in its own way. */
import type { Json } from "../../shared/providers/wire/json.ts";

const URL_OR_DATA = /^(https?:\/\/\S+|data:[a-z0-9.+-]+\/[a-z0-9.+-]+;base64,[a-z0-9+/=]+)$/i;
const PDF = /^(data:application\/pdf;|https?:\/\/[^?#]+\.pdf([?#]|$))/i;

/** The part of a URL or a data URL; undefined for any other text. */
export function mediaPart(url: string): Json | undefined {
  if (!URL_OR_DATA.test(url)) return undefined;
  return PDF.test(url) ? { type: "document", document: url } : { type: "image", image: url };
}
