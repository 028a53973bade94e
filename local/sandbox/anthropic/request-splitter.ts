import { ApiError } from "../api-error.ts";

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
/** What a body may hold besides its requests. */
const MAX_REST = 1024 * 1024;

/**
 * Takes a create body `{"requests": [...]}` apart as its bytes come, whatever its line breaks. Each element of
 * `requests` is handed on by itself; the rest is checked as JSON at the end. Memory holds one element.
 */
export class RequestSplitter {
  private readonly rest: Buffer[] = [];
  private restBytes = 0;
  private element: Buffer[] = [];
  private depth = 0;
  private inString = false;
  private escaped = false;
  /** Inside the array of requests; elements begin at depth 2. */
  private inRequests = false;
  private elementOpen = false;
  /** Elements so far, and commas between them. */
  private elements = 0;
  private commas = 0;

  /** Takes the next bytes; gives the elements that ended in them. @throws ApiError 400 on broken JSON. */
  push(chunk: Buffer): Buffer[] {
    const ended: Buffer[] = [];
    // Where the bytes that are not handed on yet begin.
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (this.inString) {
        at = this.skipString(chunk, at);
        continue;
      }
      const byte = chunk[at] as number;
      if (byte === QUOTE) {
        if (this.inRequests && this.depth === 2) throw broken();
        this.inString = true;
        continue;
      }
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (this.inRequests && this.depth === 2) {
          this.openElement();
          from = at;
        } else if (
          this.depth === 1 &&
          byte === OPEN_ARRAY &&
          this.keyBefore(chunk, from, at) === "requests"
        ) {
          this.keepRest(chunk.subarray(from, at + 1));
          from = at + 1;
          this.inRequests = true;
        }
        this.depth += 1;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.depth -= 1;
        if (this.inRequests && this.depth === 2) {
          this.element.push(Buffer.from(chunk.subarray(from, at + 1)));
          ended.push(this.takeElement());
          from = at + 1;
        } else if (this.inRequests && this.depth === 1) {
          if (this.elements > 0 && this.commas !== this.elements - 1) throw broken();
          this.inRequests = false;
          from = at;
        }
      } else if (this.inRequests && this.depth === 2) {
        if (byte === COMMA) this.countComma();
        else if (byte > 0x20) throw broken();
        from = at + 1;
      }
    }
    if (this.elementOpen) this.element.push(Buffer.from(chunk.subarray(from)));
    else if (!this.inRequests) this.keepRest(chunk.subarray(from));
    return ended;
  }

  /** The body without its requests. @throws ApiError 400 when it ended early or is no JSON. */
  end(): unknown {
    if (this.inRequests || this.elementOpen) throw broken();
    try {
      return JSON.parse(Buffer.concat(this.rest).toString("utf8"));
    } catch {
      throw broken();
    }
  }

  /** Continues inside a string; gives the position of its last byte in the chunk. */
  private skipString(chunk: Buffer, start: number): number {
    let at = this.escaped ? start + 1 : start;
    for (;;) {
      const quote = chunk.indexOf(QUOTE, at);
      const end = quote === -1 ? chunk.length : quote;
      let backslashes = 0;
      while (end - backslashes > at && chunk[end - backslashes - 1] === BACKSLASH) backslashes += 1;
      this.escaped = backslashes % 2 === 1 && quote === -1;
      if (quote === -1) return chunk.length;
      if (backslashes % 2 === 0) {
        this.inString = false;
        return quote;
      }
      at = quote + 1;
    }
  }

  private keyBefore(chunk: Buffer, from: number, at: number): string {
    const before = Buffer.concat([...this.rest, chunk.subarray(from, at)]).toString("utf8");
    return /"([^"\\]*)"\s*:\s*$/.exec(before.slice(-256))?.[1] ?? "";
  }

  private openElement(): void {
    if (this.commas !== this.elements) throw broken();
    this.elementOpen = true;
  }

  private countComma(): void {
    this.commas += 1;
    if (this.commas !== this.elements) throw broken();
  }

  private takeElement(): Buffer {
    const whole = this.element.length === 1 ? (this.element[0] as Buffer) : Buffer.concat(this.element);
    this.element = [];
    this.elementOpen = false;
    this.elements += 1;
    return oneLine(whole);
  }

  private keepRest(bytes: Buffer): void {
    this.restBytes += bytes.length;
    if (this.restBytes > MAX_REST) throw broken();
    this.rest.push(Buffer.from(bytes));
  }
}

/** The same JSON without line breaks; JSON has none inside its strings. */
function oneLine(json: Buffer): Buffer {
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === 0x0a || byte === 0x0d) json[at] = 0x20;
  }
  return json;
}

function broken(): ApiError {
  return new ApiError(400, "The request body is not valid JSON.");
}
