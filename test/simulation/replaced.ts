/** Replaces properties, and gives what puts the old ones back. */
export function replaced<T extends object>(target: T, values: object): () => void {
  const keys = Object.keys(values);
  const before = keys.map((key) => Object.getOwnPropertyDescriptor(target, key));
  Object.assign(target, values);
  return () => {
    keys.forEach((key, at) => {
      const descriptor = before[at];
      if (descriptor) Object.defineProperty(target, key, descriptor);
      else delete (target as Record<string, unknown>)[key];
    });
  };
}
