/** OpenAI's `/webhook_endpoints`: addresses that are registered by the API. They are forgotten with the sandbox's process. */
import * as z from "zod";
import { newSigningSecret } from "../../../shared/secrets/webhook-signing-secret.ts";
import { ApiError } from "../api-error.ts";
import { type Call, type Reply, type Route, readJson, replyWith, route } from "../http.ts";
import type { WebhookTarget } from "./webhooks.ts";

const EVENTS = ["batch.completed", "batch.failed", "batch.expired", "batch.cancelled"] as const;

/** What a registration may hold, by the SDK's `WebhookCreateParams`. */
const Create = z.strictObject({
  name: z.string().min(1),
  // OpenAI wants https; a receiver on this machine has none.
  url: z.url().regex(/^(https:|http:\/\/(127\.0\.0\.1|localhost)[:/])/),
  event_types: z.array(z.string().regex(/^[a-z_]+(\.[a-z_]+)+$/)).min(1),
});

interface Endpoint extends z.infer<typeof Create> {
  id: string;
  created_at: number;
  signing_secret: string;
}

/** The endpoints, and what the sandbox delivers to them. */
export class WebhookEndpoints {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #onFirst: () => void;

  constructor(now: () => number, newId: () => string, onFirst: () => void) {
    this.#now = now;
    this.#newId = newId;
    this.#onFirst = onFirst;
  }

  /** Those that want to know of ends of batches. */
  targets(): WebhookTarget[] {
    return [...this.#endpoints.values()]
      .filter(({ event_types }) => EVENTS.some((event) => event_types.includes(event)))
      .map(({ url, signing_secret: secret }) => ({ url, secret }));
  }

  routes(): Route[] {
    const path = "/webhook_endpoints";
    const one = (method: Route["method"], end: string, handle: (id: Endpoint) => unknown) =>
      route(method, `${path}/:id${end}`, `webhooks.${end ? "rotate" : "retrieve"}`, async ({ id }) =>
        replyWith(handle(this.#find(id))),
      );
    return [
      route("POST", path, "webhooks.create", (call) => this.#create(call)),
      route("GET", path, "webhooks.list", async () =>
        replyWith({ object: "list", has_more: false, data: [...this.#endpoints.values()].map(shown) }),
      ),
      one("GET", "", shown),
      one("POST", "/rotate_secret", (endpoint) => {
        endpoint.signing_secret = newSigningSecret();
        return withSecret(endpoint);
      }),
      one("DELETE", "", ({ id }) => {
        this.#endpoints.delete(id);
        return { id, object: "webhook_endpoint.deleted", deleted: true };
      }),
    ];
  }

  #find(id: string): Endpoint {
    const endpoint = this.#endpoints.get(id);
    if (!endpoint) throw new ApiError(404, `No webhook endpoint found with id '${id}'.`);
    return endpoint;
  }

  async #create({ request }: Call): Promise<Reply> {
    const { data, error } = Create.safeParse(await readJson(request));
    if (!data) throw new ApiError(400, `Invalid value: ${error.issues[0]?.path.join(".")}.`);
    const created_at = Math.floor(this.#now() / 1000);
    const endpoint = { ...data, id: this.#newId(), created_at, signing_secret: newSigningSecret() };
    this.#endpoints.set(endpoint.id, endpoint);
    if (this.#endpoints.size === 1) this.#onFirst();
    return replyWith(withSecret(endpoint));
  }
}

const hint = (secret: string) => `whsec_…${secret.slice(-4)}`;

/** The secret is returned once. */
function shown({ signing_secret, ...endpoint }: Endpoint) {
  return { ...endpoint, object: "webhook_endpoint", signing_secret_hint: hint(signing_secret) };
}

const withSecret = (endpoint: Endpoint) => ({ ...shown(endpoint), signing_secret: endpoint.signing_secret });
