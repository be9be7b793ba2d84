import { native } from "./host";
import { format, inspect } from "./inspect";

/** Where a line stands: what `warn` and `error` print is marked, the others are bare. */
const MARKS = { plain: "", warn: "[warn] ", error: "[error] " } as const;
type Level = keyof typeof MARKS;

let indent = "";
const counts = new Map<string, number>();
const times = new Map<string, number>();

function print(level: Level, text: string): void {
  const mark = MARKS[level];
  if (!text.includes("\n")) {
    native.print(mark + indent + text);
    return;
  }
  let first = mark;
  for (const line of text.split("\n")) {
    native.print(first + indent + line);
    first = "";
  }
}

/** The values as a line: `%s` and its kin in a first string take those that follow it. */
export function formatAll(values: readonly unknown[]): string {
  const [first] = values;
  if (typeof first !== "string" || values.length === 1 || !first.includes("%")) return values.map(format).join(" ");
  let next = 1;
  const text = first.replace(/%[sdifjoOc%]/g, (directive) => {
    if (directive === "%%") return "%";
    if (next >= values.length) return directive;
    return substitute(directive, values[next++]);
  });
  return [text, ...values.slice(next).map(format)].join(" ");
}

function substitute(directive: string, value: unknown): string {
  switch (directive) {
    case "%s":
      return typeof value === "symbol" ? value.toString() : format(value);
    case "%d":
      return typeof value === "bigint" ? `${value}` : typeof value === "object" || typeof value === "symbol" ? "NaN" : `${Number(value)}`;
    case "%i":
      return typeof value === "bigint" ? `${value}` : typeof value === "symbol" ? "NaN" : `${parseInt(String(value), 10)}`;
    case "%f":
      return typeof value === "symbol" ? "NaN" : `${parseFloat(String(value))}`;
    case "%j":
      try {
        return JSON.stringify(value) ?? "undefined";
      } catch {
        return "[Circular]";
      }
    case "%c":
      return "";
    default:
      return inspect(value);
  }
}

function labelOf(label: unknown): string {
  return label === undefined ? "default" : `${label as string}`;
}

function elapsed(label: string): string | undefined {
  const started = times.get(label);
  if (started === undefined) {
    print("warn", `there is no timer "${label}"`);
    return undefined;
  }
  const milliseconds = native.monotonic() - started;
  return milliseconds < 1000 ? `${label}: ${milliseconds.toFixed(3)}ms` : `${label}: ${(milliseconds / 1000).toFixed(3)}s`;
}

export const console = {
  log(...values: unknown[]): void {
    print("plain", formatAll(values));
  },
  info(...values: unknown[]): void {
    print("plain", formatAll(values));
  },
  debug(...values: unknown[]): void {
    print("plain", formatAll(values));
  },
  warn(...values: unknown[]): void {
    print("warn", formatAll(values));
  },
  error(...values: unknown[]): void {
    print("error", formatAll(values));
  },
  trace(...values: unknown[]): void {
    const stack = (new Error().stack ?? "").split("\n").slice(1).join("\n").replace(/\n+$/, "");
    print("plain", `Trace${values.length === 0 ? "" : `: ${formatAll(values)}`}\n${stack}`);
  },
  assert(condition?: unknown, ...values: unknown[]): void {
    if (condition) return;
    const [first, ...rest] = values;
    if (values.length === 0) print("error", "Assertion failed");
    else if (typeof first === "string") print("error", formatAll([`Assertion failed: ${first}`, ...rest]));
    else print("error", formatAll(["Assertion failed:", ...values]));
  },
  count(label?: string): void {
    const key = labelOf(label);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    print("plain", `${key}: ${count}`);
  },
  countReset(label?: string): void {
    const key = labelOf(label);
    if (counts.has(key)) counts.set(key, 0);
    else print("warn", `there is no count "${key}"`);
  },
  time(label?: string): void {
    const key = labelOf(label);
    if (times.has(key)) print("warn", `the timer "${key}" runs already`);
    else times.set(key, native.monotonic());
  },
  timeLog(label?: string, ...values: unknown[]): void {
    const text = elapsed(labelOf(label));
    if (text !== undefined) print("plain", [text, ...values.map(format)].join(" "));
  },
  timeEnd(label?: string): void {
    const key = labelOf(label);
    const text = elapsed(key);
    if (text !== undefined) print("plain", text);
    times.delete(key);
  },
  group(...values: unknown[]): void {
    if (values.length > 0) print("plain", formatAll(values));
    indent += "  ";
  },
  groupCollapsed(...values: unknown[]): void {
    console.group(...values);
  },
  groupEnd(): void {
    indent = indent.slice(2);
  },
  dir(value: unknown): void {
    print("plain", inspect(value));
  },
  dirxml(...values: unknown[]): void {
    print("plain", formatAll(values));
  },
  table(data: unknown, columns?: readonly string[]): void {
    if (typeof data !== "object" || data === null) print("plain", formatAll([data]));
    else print("plain", table(data, columns));
  },
  clear(): void {
    indent = "";
  },
};
Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });

function table(data: object, only: readonly string[] | undefined): string {
  const rows: [index: string, cells: Map<string, string>][] = [];
  const columns = new Set<string>(only);
  const entries: [unknown, unknown][] = data instanceof Map || data instanceof Set ? [...data.entries()] : Object.entries(data);
  for (const [index, row] of entries) {
    const cells = new Map<string, string>();
    if (typeof row === "object" && row !== null) {
      for (const [key, cell] of Object.entries(row)) {
        if (only !== undefined && !only.includes(key)) continue;
        columns.add(key);
        cells.set(key, inspect(cell, 0));
      }
    } else {
      columns.add("Values");
      cells.set("Values", inspect(row, 0));
    }
    rows.push([format(index), cells]);
  }
  const head = ["(index)", ...columns];
  const body = rows.map(([index, cells]) => [index, ...[...columns].map((column) => cells.get(column) ?? "")]);
  const widths = head.map((title, at) => Math.max(title.length, ...body.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]) => `│ ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(" │ ")} │`;
  const rule = (left: string, middle: string, right: string) => left + widths.map((width) => "─".repeat(width + 2)).join(middle) + right;
  return [rule("┌", "┬", "┐"), line(head), rule("├", "┼", "┤"), ...body.map(line), rule("└", "┴", "┘")].join("\n");
}
