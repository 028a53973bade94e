/** From a row of a table to an item: texts with `{{column}}` in them, filled for each row. */
import { hasLoneSurrogate } from "../../shared/json/surrogates.ts";
import { isObject, type Json } from "../../shared/json/values.ts";
import { type BatchItem, isTemplate, type JobSpec } from "../../shared/models.ts";
import type { ItemSource } from "../../shared/providers/format.ts";
import { ID_COLUMNS, type RowTexts } from "../../shared/streams/row-texts.ts";
import { type Text, Utf8Text } from "../../shared/streams/utf8-text.ts";
import { itemSettings, type ParsedLine } from "./input-line.ts";
import { mediaName, mediaPart } from "./media-part.ts";

const HOLE = /\{\{\s*([^{}]+?)\s*\}\}/g;
/** Most names that an error lists. */
const NAMES_SHOWN = 20;

/** The columns that a job names, in any of its settings. */
export function columnsNamed(spec: JobSpec): string[] {
  const named = new Set<string>();
  for (const { names } of holedTexts(spec)) for (const name of names) named.add(name);
  for (const name of [...imagesOf(spec), ...(spec.carry ?? []), ...(spec.id ? [spec.id] : [])])
    named.add(name);
  return [...named];
}

/** What follows a `{{` that begins no column's name, in any of a job's texts; undefined where there is none. */
export function openHole(spec: JobSpec): string | undefined {
  for (const { words } of holedTexts(spec))
    for (const between of words) {
      const [open] = /\{\{.{0,20}/.exec(between) ?? [];
      if (open !== undefined) return open;
    }
  return undefined;
}

/** A job's texts that may name columns. */
function holedTexts(spec: JobSpec): Holed[] {
  const texts: Holed[] = [];
  mapTexts([spec.prompt, spec.messages, isTemplate(spec) ? spec.system : undefined], (text) => {
    texts.push(new Holed(text));
    return text;
  });
  return texts;
}

/** The columns that are there, as an error lists them. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map((name) => name.slice(0, 64).replace(/\s+/g, " "));
  const more = names.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** A text with holes for columns. */
class Holed {
  /** One more than holes. */
  readonly words: string[] = [];
  readonly names: string[] = [];

  constructor(text: string) {
    for (const [at, part] of text.split(HOLE).entries()) (at % 2 === 0 ? this.words : this.names).push(part);
  }

  /** The text with the values of the columns. */
  fill(value: (name: string) => string): string {
    return this.words
      .map((words, at) => (at === 0 ? words : value(this.names[at - 1] as string) + words))
      .join("");
  }
}

class HoledJson {
  /** The words between the holes, with the quotes around the whole. */
  readonly #words: Buffer[];
  readonly #names: string[];
  readonly #text = new Utf8Text();
  readonly #isCut: boolean;

  constructor({ words, names }: Holed) {
    const last = words.length - 1;
    const escaped = words.map((text) => JSON.stringify(text).slice(1, -1));
    this.#isCut = escaped.some(hasLoneSurrogate);
    this.#words = escaped.map((text, at) =>
      Buffer.from((at === 0 ? '"' : "") + text + (at === last ? '"' : "")),
    );
    this.#names = names;
  }

  /** The text with the values of the columns as inside of a JSON string; undefined where it has half a character. */
  fill(value: (name: string) => Text): Utf8Text | undefined {
    const text = this.#text.clear();
    let isCut = this.#isCut;
    for (let at = 0; at < this.#names.length; at++) {
      const filled = value(this.#names[at] as string);
      // Bytes have no half characters.
      if (typeof filled === "string" && hasLoneSurrogate(filled)) isCut = true;
      text.add(this.#words[at] as Buffer).add(filled);
    }
    return isCut ? undefined : text.add(this.#words.at(-1) as Buffer);
  }
}

/** An item that is made when it is asked for: a frame needs only the prompt's JSON. */
class LazySource implements ItemSource {
  readonly kind = "item";
  readonly temperature_set: boolean;
  readonly prompt: Utf8Text | undefined;
  readonly #item: () => BatchItem;

  constructor(item: () => BatchItem, temperature_set: boolean, prompt: Utf8Text | undefined) {
    this.#item = item;
    this.temperature_set = temperature_set;
    this.prompt = prompt;
  }

  get item(): BatchItem {
    return this.#item();
  }
}

/** Makes items of rows. */
export class Template {
  readonly #spec: JobSpec;
  readonly #images: readonly string[];
  /** The prompt as text, and as JSON. */
  readonly #prompt: Holed;
  readonly #promptJson: HoledJson;
  /** Whether a prompt may have nothing but blanks. */
  readonly #mayBeBlank: boolean;

  constructor(spec: JobSpec) {
    this.#spec = spec;
    this.#images = imagesOf(spec);
    this.#prompt = new Holed(spec.prompt ?? "");
    this.#promptJson = new HoledJson(this.#prompt);
    this.#mayBeBlank = spec.prompt !== undefined && this.#prompt.words.every((words) => words.trim() === "");
  }

  /** The carried columns. Pictures that stand in the row are not: they would be twice in the results. Of a file its path is. */
  #carried(row: RowTexts): string | Utf8Text | undefined {
    const { carry } = this.#spec;
    if (this.#images.length === 0) return row.carried(carry);
    const names = new Map<string, string | undefined>();
    for (const column of this.#images) {
      const value = row.text(column);
      if (value?.startsWith("data:")) names.set(column, mediaName(value));
    }
    if (names.size === 0) return row.carried(carry);
    const members: string[] = [];
    for (const column of carry ?? row.names()) {
      const name = names.get(column);
      const json = names.has(column) ? name && JSON.stringify({ [column]: name }) : row.carried([column]);
      if (json) members.push(String(json).slice(1, -1));
    }
    return members.length === 0 ? undefined : `{${members.join(",")}}`;
  }

  /** @param number the row's, which is its `custom_id` where no column is */
  fill(row: RowTexts, number: number): ParsedLine {
    const { prompt, messages, system, id, defaults } = this.#spec;
    const input = this.#carried(row);
    const custom_id = idOf(row, id) ?? String(number);
    if (custom_id === "") {
      const column = id ?? ID_COLUMNS.find((name) => row.text(name) !== undefined);
      return { custom_id, input, problem: `column ${column}: the id is empty` };
    }
    let problem: string | undefined;
    const known = <Value>(name: string, value: Value | undefined) => {
      if (value === undefined) problem ??= `has no ${JSON.stringify(name)}; it has ${listed(row.names())}`;
      return value ?? "";
    };
    const textOf = (name: string) => known(name, row.text(name));
    const fill = (text: string) => new Holed(text).fill(textOf);
    const media: Json[] = [];
    for (const column of this.#images) {
      const value = row.text(column);
      if (!value) continue;
      const part = mediaPart(value);
      if (part) media.push(part);
      else problem ??= `column ${column}: must be an http or https URL, or a data URL of an image or a PDF`;
    }
    if (this.#images.length > 0 && media.length === 0) problem ??= noPicture(this.#images);
    const text = () => this.#prompt.fill(textOf);
    const isPrompt = prompt !== undefined && messages === undefined && media.length === 0;
    // Its JSON is nearly always all that is needed, and a cell's is made once, also for what is carried.
    const json = isPrompt ? this.#promptJson.fill((name) => known(name, row.escaped(name))) : undefined;
    const last = isPrompt || prompt === undefined ? undefined : text();
    const turns = messages && (mapTexts(messages, fill) as Json[]);
    const filledSystem = system === undefined ? undefined : fill(system);
    if (this.#mayBeBlank && media.length === 0 && problem === undefined && text().trim() === "")
      problem = "prompt: is empty when it is filled with this row";
    if (problem !== undefined) return { custom_id, input, problem };
    const item = (): BatchItem => {
      const settings = {
        custom_id,
        ...itemSettings(this.#spec),
        ...(filledSystem !== undefined && { system: filledSystem }),
      };
      if (isPrompt) return { ...settings, user_message: text() };
      return { ...settings, messages: withUser(turns ?? [], last, media) as BatchItem["messages"] };
    };
    const isSet = defaults.temperature !== undefined;
    const source = new LazySource(item, isSet, filledSystem === system ? json : undefined);
    return { custom_id, input, source };
  }
}

function imagesOf({ image }: JobSpec): string[] {
  return image === undefined ? [] : [image].flat();
}

/** An answer about nothing would be paid. One of several columns may be empty. */
function noPicture(columns: readonly string[]): string {
  const one = columns.length === 1;
  return `column${one ? "" : "s"} ${listed(columns)}: ${one ? "is" : "are"} empty, and a row needs a picture`;
}

/** Undefined where the row's number is the id. */
function idOf(row: RowTexts, column: string | undefined): string | undefined {
  if (column !== undefined) return row.text(column) ?? "";
  for (const name of ID_COLUMNS) {
    const id = row.text(name);
    if (id !== undefined) return id ?? "";
  }
  return undefined;
}

/** The turns, with the prompt and the pictures as the last turn of the user. */
function withUser(turns: Json[], text: string | undefined, media: Json[]): Json[] {
  if (text === undefined && media.length === 0) return turns;
  const parts = text === undefined ? media : [...media, { type: "text", text }];
  return [...turns, { role: "user", content: media.length === 0 ? text : parts }];
}

/** A value with each text in it replaced; names of members stay. */
function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((member) => mapTexts(member, map));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapTexts(member, map)]));
}
