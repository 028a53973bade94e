import type { ProviderProfile } from "../profile.ts";

/** An endpoint as a provider writes it: Azure leaves `/v1` out. */
export function endpointAt({ quirks }: ProviderProfile, endpoint: string): string {
  return quirks?.strips_v1 ? endpoint.replace(/^\/v1(?=\/)/, "") : endpoint;
}
