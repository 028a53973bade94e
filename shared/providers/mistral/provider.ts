import type { Access } from "../access.ts";
import { FileBatchProvider } from "../openai/provider.ts";
import type { ProviderProfile } from "../profile.ts";
import type { Provider } from "../provider.ts";
import { mistralCalls } from "./calls.ts";

/** Mistral's batch jobs. Files and result lines are OpenAI's, so its provider carries the calls. */
export function mistralProvider(access: Access, profile: ProviderProfile): Provider {
  return new FileBatchProvider(access, profile, mistralCalls);
}
