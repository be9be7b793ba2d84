import { isBlob, isFile } from "./blob";
import { EventTarget, Event } from "./event";
import { isFormData } from "./formdata";
import { isHeaders } from "./headers";
import { isRequest } from "./request";
import { isResponse } from "./response";
import { URL, URLSearchParams } from "./url";

/** Nested deeper than this, an object is named but not opened. */
const DEPTH = 4;
/** What fits on this many characters stands on one line. */
const WIDTH = 76;
const ITEMS = 100;
const TEXT = 10_000;

/** A value for a person to read, as a console shows it: strings bare at the top, and pids, which are bigints, as well. */
export function format(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return `${value}`;
  return inspect(value);
}

export function inspect(value: unknown, depth = DEPTH): string {
  return show(value, depth, [], "");
}

function show(value: unknown, depth: number, path: object[], indent: string): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : `${value}`;
    case "symbol":
      return value.toString();
    case "function":
      return withMembers(functionLabel(value), value, depth, path, indent);
    case "object":
      if (value === null) return "null";
      if (path.includes(value)) return "[Circular]";
      try {
        return showObject(value, depth, path, indent);
      } catch {
        // A Map by its prototype alone, a revoked proxy: a log never throws.
        return "[Object]";
      }
    default:
      return `${value as undefined}`;
  }
}

function quote(text: string): string {
  const cut = text.length > TEXT ? text.slice(0, TEXT) : text;
  const escaped = cut.replace(/[\\\n\r\t\0-\x1f\x7f]/g, (char) => {
    const known: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
    return known[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  const mark = !escaped.includes("'") ? "'" : !escaped.includes('"') ? '"' : "`";
  const rest = text.length > TEXT ? `... ${text.length - TEXT} more characters` : "";
  return `${mark}${escaped}${mark}${rest}`;
}

function functionLabel(value: Function): string {
  const source = Function.prototype.toString.call(value);
  if (source.startsWith("class")) {
    const parent = Object.getPrototypeOf(value) as Function;
    return `[class ${value.name || "(anonymous)"}${parent?.name ? ` extends ${parent.name}` : ""}]`;
  }
  return value.name ? `[Function: ${value.name}]` : "[Function (anonymous)]";
}

function showObject(value: object, depth: number, path: object[], indent: string): string {
  if (value instanceof Error) return showError(value, depth, path, indent);
  const name = className(value);
  if (value instanceof Date) return withMembers(Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString(), value, depth, path, indent);
  if (value instanceof RegExp) return withMembers(`${value}`, value, depth, path, indent);
  if (value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof BigInt || value instanceof Symbol) {
    return `[${name}: ${show(value.valueOf(), 0, [], "")}]`;
  }
  if (depth < 0) return Array.isArray(value) ? "[Array]" : `[${name || "Object: null prototype"}]`;
  const within = [...path, value];
  const deeper = (inner: unknown): string => show(inner, depth - 1, within, `${indent}  `);
  if (Array.isArray(value)) {
    const label = name === "Array" ? "" : `${name}(${value.length}) `;
    return frame(label, "[", "]", [...listItems(value, deeper), ...members(value, deeper, isIndex)], indent);
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const list = value as unknown as ArrayLike<unknown>;
    return frame(`${name}(${list.length}) `, "[", "]", listItems(list, deeper), indent);
  }
  if (value instanceof Map) {
    const items = limited([...value].map(([key, held]) => `${deeper(key)} => ${deeper(held)}`), value.size);
    return frame(`${name}(${value.size}) `, "{", "}", [...items, ...members(value, deeper)], indent);
  }
  if (value instanceof Set) {
    return frame(`${name}(${value.size}) `, "{", "}", [...limited([...value].map(deeper), value.size), ...members(value, deeper)], indent);
  }
  const known = platformObject(value);
  if (known !== undefined) return frame(`${name} `, "{", "}", members(known, deeper), indent);
  const label = name === "Object" ? "" : name === "" ? "[Object: null prototype] " : `${name} `;
  return frame(label, "{", "}", members(value, deeper), indent);
}

/** What the platform's own objects hold behind their getters. */
function platformObject(value: object): object | undefined {
  try {
    if (value instanceof URL) return { href: value.href };
    if (value instanceof URLSearchParams) return Object.fromEntries(value);
    if (isHeaders(value) || isFormData(value)) return Object.fromEntries(value as never);
    if (isRequest(value)) return { method: value.method, url: value.url, headers: value.headers };
    if (isResponse(value)) return { status: value.status, url: value.url, headers: value.headers };
    if (isFile(value)) return { name: value.name, size: value.size, type: value.type };
    if (isBlob(value)) return { size: value.size, type: value.type };
    if (value instanceof Event) return { type: value.type };
    if (value instanceof EventTarget && "aborted" in value) return { aborted: value.aborted };
    if (value instanceof ArrayBuffer) return { byteLength: value.byteLength };
  } catch {
    // A prototype itself, or an object that only has such a one.
  }
  return undefined;
}

function className(value: object): string {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const property = Object.getOwnPropertyDescriptor(at, "constructor");
    if (property !== undefined && typeof property.value === "function" && property.value.name !== "") return property.value.name as string;
  }
  return "";
}

function listItems(list: ArrayLike<unknown>, deeper: (value: unknown) => string): string[] {
  const items: string[] = [];
  let holes = 0;
  const flush = (): void => {
    if (holes > 0) items.push(`<${holes} empty item${holes === 1 ? "" : "s"}>`);
    holes = 0;
  };
  let index = 0;
  for (; index < list.length && items.length < ITEMS; index += 1) {
    if (!(index in list)) {
      holes += 1;
      // A very long array of nothing is not walked.
      if (holes > ITEMS) {
        holes += list.length - index - 1;
        index = list.length;
      }
      continue;
    }
    flush();
    items.push(deeper(list[index]));
  }
  flush();
  if (index < list.length) items.push(`... ${list.length - index} more items`);
  return items;
}

function limited(items: string[], size: number): string[] {
  return size > ITEMS ? [...items.slice(0, ITEMS), `... ${size - ITEMS} more items`] : items;
}

function isIndex(key: string): boolean {
  return /^(0|[1-9][0-9]*)$/.test(key);
}

function members(value: object, deeper: (value: unknown) => string, skip?: (key: string) => boolean): string[] {
  const items: string[] = [];
  for (const key of Reflect.ownKeys(value)) {
    const property = Reflect.getOwnPropertyDescriptor(value, key);
    if (property === undefined || !property.enumerable || (typeof key === "string" && skip?.(key))) continue;
    const label = typeof key === "symbol" ? `[${key.toString()}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
    if (property.get !== undefined || property.set !== undefined) {
      items.push(`${label}: ${property.get === undefined ? "[Setter]" : property.set === undefined ? "[Getter]" : "[Getter/Setter]"}`);
    } else {
      items.push(`${label}: ${deeper(property.value)}`);
    }
  }
  return items;
}

function frame(label: string, open: string, close: string, items: string[], indent: string): string {
  if (items.length === 0) return `${label}${open}${close}`;
  const line = `${label}${open} ${items.join(", ")} ${close}`;
  if (line.length + indent.length <= WIDTH && !line.includes("\n")) return line;
  return `${label}${open}\n${items.map((item) => `${indent}  ${item}`).join(",\n")}\n${indent}${close}`;
}

function withMembers(label: string, value: object, depth: number, path: object[], indent: string): string {
  const items = depth < 0 ? [] : members(value, (inner) => show(inner, depth - 1, [...path, value], `${indent}  `));
  return items.length === 0 ? label : frame(`${label} `, "{", "}", items, indent);
}

/** Name, message and stack; the cause and an AggregateError's errors below; other members last. */
function showError(error: Error, depth: number, path: object[], indent: string): string {
  const within = [...path, error];
  const deeper = (inner: unknown): string => show(inner, depth - 1, within, `${indent}  `);
  const text = errorText(error, indent);
  if (depth < 0) return `[${text.split("\n", 1)[0]!}]`;
  const items = members(error, deeper, (key) => key === "stack" || key === "message" || key === "cause" || key === "errors");
  if (Object.hasOwn(error, "cause")) items.push(`[cause]: ${deeper(error.cause)}`);
  if (error instanceof AggregateError) items.push(`[errors]: ${deeper(error.errors)}`);
  if (items.length === 0) return text.includes("\n") || indent === "" ? text : `[${text}]`;
  return `${text} {\n${items.map((item) => `${indent}  ${item}`).join(",\n")}\n${indent}}`;
}

function errorText(error: Error, indent: string): string {
  const name = readText(error, "name");
  const message = readText(error, "message");
  const kind = className(error);
  const label = name === "Error" && kind !== "" && kind !== "Error" ? kind : name || kind || "Error";
  const head = message === "" ? label : `${label}: ${message}`;
  const stack = readText(error, "stack").replace(/\n+$/, "");
  if (stack === "") return head;
  // Some engines' stacks begin with the message.
  const whole = stack.startsWith(head) ? stack : `${head}\n${stack}`;
  return indent === "" ? whole : whole.replace(/\n/g, `\n${indent}`);
}

function readText(error: Error, key: "name" | "message" | "stack"): string {
  try {
    const value: unknown = error[key];
    return typeof value === "string" ? value : "";
  } catch {
    return "";
  }
}
