/**
 * zlib works on other threads, in real time, during which virtual time would pass. Here it works in the simulation's own, and
 * answers when what runs now has run, as before.
 */
import { createGunzip } from "node:zlib";

/** As far as zlib's handles are of use here. They are the same class for every kind of stream. */
interface Handle {
  init(...settings: unknown[]): unknown;
  write(...piece: unknown[]): void;
  writeSync(...piece: unknown[]): void;
  onerror(...error: unknown[]): void;
}

const sample = createGunzip() as unknown as { _handle: Handle; destroy(): void };
const handles = Object.getPrototypeOf(sample._handle) as Handle;
sample.destroy();

/** What each handle calls when a piece is done. */
const answers = new WeakMap<Handle, () => void>();

const { init } = handles;
handles.init = function (this: Handle, ...settings) {
  answers.set(this, settings.find((setting) => typeof setting === "function") as () => void);
  return init.apply(this, settings);
};
handles.write = function (this: Handle, ...piece) {
  let hasFailed = false;
  const { onerror } = this;
  this.onerror = (...error) => {
    hasFailed = true;
    onerror.apply(this, error);
  };
  this.writeSync(...piece);
  this.onerror = onerror;
  // What fails says so by its error alone.
  if (!hasFailed) process.nextTick(() => answers.get(this)?.call(this));
};
