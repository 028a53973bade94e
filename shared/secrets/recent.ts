/** What is kept outside of the code and may change while a process runs. A change arrives by itself, without a deployment. */

/** How long what was read is used, in ms. */
const LIFETIME = 5 * 60_000;

/** Values by an id, each at most five minutes old. What `read` throws is thrown, and not remembered. */
export class Recent<T> {
  readonly #known = new Map<string, { value: T; readAt: number }>();

  /** What `read` gave for the id, now or a little earlier. */
  async get(id: string, read: (id: string) => Promise<T>): Promise<T> {
    const recent = this.#known.get(id);
    if (recent && Date.now() - recent.readAt < LIFETIME) return recent.value;
    return this.renew(id, read);
  }

  /** What `read` gives for the id now. */
  async renew(id: string, read: (id: string) => Promise<T>): Promise<T> {
    const value = await read(id);
    this.#known.set(id, { value, readAt: Date.now() });
    return value;
  }
}
