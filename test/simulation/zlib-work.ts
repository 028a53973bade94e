/** What zlib is doing: its work is done on other threads, in real time, and virtual time must wait for it. */
import { createGunzip } from "node:zlib";

/** As far as zlib's handles are of use here. They are the same class for every kind of stream. */
interface Handle {
  init(...settings: unknown[]): unknown;
  write(...piece: unknown[]): unknown;
}

const sample = createGunzip() as unknown as { _handle: Handle; destroy(): void };
const handles = Object.getPrototypeOf(sample._handle) as Handle;
sample.destroy();

let pieces = 0;

/** Whether a piece of a stream is being packed or unpacked. */
export const zlibIsAtWork = (): boolean => pieces > 0;

const { init, write } = handles;
handles.init = function (this: Handle, ...settings) {
  const counted = settings.map((setting) =>
    typeof setting !== "function"
      ? setting
      : function (this: Handle, ...result: unknown[]) {
          pieces--;
          return setting.apply(this, result);
        },
  );
  return init.apply(this, counted);
};
handles.write = function (this: Handle, ...piece) {
  pieces++;
  return write.apply(this, piece);
};
