import { File, blobBytes, blobOf, isBlob, isFile, type Blob } from "./blob";
import { native, rust } from "./host";
import type { MimeType } from "./mime";
import { join } from "./streams";
import { describeInterface, needArguments, pairIterators, usvString } from "./webidl";

export type FormDataEntryValue = string | File;

export let isFormData: (value: unknown) => value is FormData;
let formEntries: (form: FormData) => [string, FormDataEntryValue][];

export class FormData {
  #list: [name: string, value: FormDataEntryValue][] = [];

  static {
    isFormData = (value): value is FormData => typeof value === "object" && value !== null && #list in value;
    formEntries = (form) => form.#list;
  }

  constructor(form?: undefined) {
    if (form !== undefined) throw new TypeError("there are no forms that FormData could be made of");
  }

  append(name: string, value: string | Blob, filename?: string): void {
    needArguments(arguments.length, 2, "append");
    this.#list.push(entry(name, value, filename, arguments.length > 2));
  }

  delete(name: string): void {
    needArguments(arguments.length, 1, "delete");
    const key = usvString(name);
    this.#list = this.#list.filter(([held]) => held !== key);
  }

  get(name: string): FormDataEntryValue | null {
    needArguments(arguments.length, 1, "get");
    const key = usvString(name);
    return this.#list.find(([held]) => held === key)?.[1] ?? null;
  }

  getAll(name: string): FormDataEntryValue[] {
    needArguments(arguments.length, 1, "getAll");
    const key = usvString(name);
    return this.#list.filter(([held]) => held === key).map(([, value]) => value);
  }

  has(name: string): boolean {
    needArguments(arguments.length, 1, "has");
    const key = usvString(name);
    return this.#list.some(([held]) => held === key);
  }

  set(name: string, value: string | Blob, filename?: string): void {
    needArguments(arguments.length, 2, "set");
    const next = entry(name, value, filename, arguments.length > 2);
    const at = this.#list.findIndex(([held]) => held === next[0]);
    if (at < 0) {
      this.#list.push(next);
      return;
    }
    this.#list[at] = next;
    this.#list = this.#list.filter(([held], index) => index <= at || held !== next[0]);
  }

  forEach(callback: (value: FormDataEntryValue, name: string, form: FormData) => void, thisArg?: unknown): void {
    needArguments(arguments.length, 1, "forEach");
    if (typeof callback !== "function") throw new TypeError("forEach needs a function");
    for (let index = 0; index < this.#list.length; index += 1) {
      const [name, value] = this.#list[index]!;
      callback.call(thisArg, value, name, this);
    }
  }

  keys(): IterableIterator<string> {
    return iterate(this.#self(), "key");
  }

  values(): IterableIterator<FormDataEntryValue> {
    return iterate(this.#self(), "value");
  }

  entries(): IterableIterator<[string, FormDataEntryValue]> {
    return iterate(this.#self(), "key+value");
  }

  declare [Symbol.iterator]: () => IterableIterator<[string, FormDataEntryValue]>;

  #self(): this {
    void this.#list;
    return this;
  }
}

function entry(name: unknown, value: unknown, filename: unknown, named: boolean): [string, FormDataEntryValue] {
  const key = usvString(name);
  if (!isBlob(value)) {
    if (named) throw new TypeError("only a Blob can have a file name");
    return [key, usvString(value)];
  }
  if (isFile(value) && filename === undefined) return [key, value];
  const lastModified = isFile(value) ? { lastModified: value.lastModified } : {};
  return [key, new File([value], filename === undefined ? "blob" : usvString(filename), { type: value.type, ...lastModified })];
}

const iterate: (form: FormData, kind: "key" | "value" | "key+value") => IterableIterator<never> = pairIterators("FormData", (form: FormData, index) => {
  const pair = formEntries(form)[index];
  return pair === undefined ? undefined : ([pair[0], pair[1]] as [string, FormDataEntryValue]);
});

describeInterface(FormData, "FormData");
Object.defineProperty(FormData.prototype, Symbol.iterator, { value: FormData.prototype.entries, configurable: true, writable: true });

/** The form as multipart/form-data, and the type that names its boundary. */
export function writeMultipart(form: FormData): [body: Uint8Array<ArrayBuffer>, type: string] {
  const random = new Uint8Array(12);
  native.random(random);
  const boundary = `----formdata-rusm-${random.toHex()}`;
  const pieces: Uint8Array[] = [];
  let length = 0;
  const push = (piece: Uint8Array): void => {
    pieces.push(piece);
    length += piece.length;
  };
  for (const [name, value] of formEntries(form)) {
    let head = `--${boundary}\r\nContent-Disposition: form-data; name="${rust.percentEncodeName(lineBreaks(name))}"`;
    if (typeof value === "string") {
      push(rust.encode(`${head}\r\n\r\n${lineBreaks(value)}\r\n`));
      continue;
    }
    head += `; filename="${rust.percentEncodeName(value.name)}"\r\nContent-Type: ${value.type === "" ? "application/octet-stream" : value.type}`;
    push(rust.encode(`${head}\r\n\r\n`));
    push(blobBytes(value));
    push(rust.encode("\r\n"));
  }
  push(rust.encode(`--${boundary}--\r\n`));
  return [join(pieces, length), `multipart/form-data; boundary=${boundary}`];
}

function lineBreaks(text: string): string {
  return text.replace(/\r\n?|\n/g, "\r\n");
}

/** A form of a body of that type. */
export function readForm(body: Uint8Array, mime: MimeType | undefined): FormData {
  const form = new FormData();
  if (mime?.essence === "application/x-www-form-urlencoded") {
    const list = rust.parseQuery(rust.decode(body, 0, false)!);
    for (let index = 0; index < list.length; index += 2) form.append(list[index]!, list[index + 1]!);
    return form;
  }
  const boundary = mime?.parameters.get("boundary");
  if (mime?.essence !== "multipart/form-data" || boundary === undefined) {
    throw new TypeError(`a form is multipart/form-data with a boundary, or application/x-www-form-urlencoded; the content type is ${mime?.essence ?? "missing"}`);
  }
  const parts = rust.parseMultipart(body, boundary);
  if (parts === undefined) throw new TypeError("the body is no multipart/form-data");
  for (let index = 0; index < parts.length; index += 5) {
    const [name, filename, type, start, end] = parts.slice(index, index + 5) as [string, string | undefined, string | undefined, number, number];
    const bytes = body.subarray(start, end);
    if (filename === undefined) form.append(name, withoutMark(rust.decode(bytes, 0, false)!));
    else form.append(name, new File([blobOf(bytes, "")], filename, { type: type ?? "text/plain" }));
  }
  return form;
}

/** "UTF-8 decode" of the Encoding standard takes a byte order mark away. */
export function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
