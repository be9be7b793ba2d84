/** MIME types as the MIME Sniffing standard parses and writes them. */
export interface MimeType {
  essence: string;
  parameters: Map<string, string>;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;
const QUOTABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

export function parseMime(input: string): MimeType | undefined {
  const text = input.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  const slash = text.indexOf("/");
  const semicolon = text.indexOf(";");
  const type = text.slice(0, slash);
  const subtype = text.slice(slash + 1, semicolon < 0 ? undefined : semicolon).replace(/[\t\n\r ]+$/, "");
  if (slash < 1 || !TOKEN.test(type) || !TOKEN.test(subtype)) return undefined;
  const parameters = new Map<string, string>();
  if (semicolon >= 0) parseParameters(text, semicolon, parameters);
  return { essence: `${type}/${subtype}`.toLowerCase(), parameters };
}

function parseParameters(text: string, at: number, parameters: Map<string, string>): void {
  while (at < text.length) {
    at += 1;
    while (" \t\n\r".includes(text[at] ?? "x")) at += 1;
    const start = at;
    while (at < text.length && text[at] !== ";" && text[at] !== "=") at += 1;
    const name = text.slice(start, at).toLowerCase();
    if (text[at] !== "=") continue;
    at += 1;
    let value = "";
    if (text[at] === '"') {
      [value, at] = quoted(text, at + 1);
      while (at < text.length && text[at] !== ";") at += 1;
    } else {
      const end = text.indexOf(";", at);
      value = text.slice(at, end < 0 ? undefined : end).replace(/[\t\n\r ]+$/, "");
      at = end < 0 ? text.length : end;
      if (value === "") continue;
    }
    if (TOKEN.test(name) && QUOTABLE.test(value) && !parameters.has(name)) parameters.set(name, value);
  }
}

function quoted(text: string, at: number): [value: string, end: number] {
  let value = "";
  for (; at < text.length && text[at] !== '"'; at += 1) {
    if (text[at] === "\\" && at + 1 < text.length) at += 1;
    value += text[at];
  }
  return [value, at + 1];
}

export function writeMime({ essence, parameters }: MimeType): string {
  let text = essence;
  for (const [name, value] of parameters) {
    text += `;${name}=${TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
  }
  return text;
}

/** Of the values of Content-Type the last that is one, with the charset of those before it (Fetch, "extract a MIME type"). */
export function extractMime(header: string | null): MimeType | undefined {
  if (header === null) return undefined;
  let found: MimeType | undefined;
  let charset: string | undefined;
  for (const value of splitList(header)) {
    const mime = parseMime(value);
    if (mime === undefined || mime.essence === "*/*") continue;
    if (mime.essence !== found?.essence) charset = mime.parameters.get("charset");
    else if (!mime.parameters.has("charset") && charset !== undefined) mime.parameters.set("charset", charset);
    found = mime;
  }
  return found;
}

/** At commas that stand outside of quotes. */
function splitList(text: string): string[] {
  if (!text.includes(",")) return [text];
  const values: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') at = quoted(text, at + 1)[1] - 1;
    if (text[at] === ",") {
      values.push(text.slice(start, at));
      start = at + 1;
    }
  }
  values.push(text.slice(start));
  return values;
}
