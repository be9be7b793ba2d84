/** The pieces of a serialised URL. Since it is serialised, each delimiter stands in one place. */
import { rust } from "./host";

/** Where the authority ends, if there is one: its beginning is behind `//`. */
function authorityOf(href: string): [start: number, end: number] | undefined {
  const start = href.indexOf(":") + 1;
  if (href.charCodeAt(start) !== 47 || href.charCodeAt(start + 1) !== 47) return undefined;
  for (let end = start + 2; ; end += 1) {
    const code = href.charCodeAt(end);
    // "/", "?", "#", or NaN at the end.
    if (code === 47 || code === 63 || code === 35 || code !== code) return [start + 2, end];
  }
}

export function userinfoOf(href: string): string {
  const authority = authorityOf(href);
  if (authority === undefined) return "";
  const at = href.lastIndexOf("@", authority[1] - 1);
  return at < authority[0] ? "" : href.slice(authority[0], at);
}

export function hostOf(href: string): string {
  const authority = authorityOf(href);
  if (authority === undefined) return "";
  const at = href.lastIndexOf("@", authority[1] - 1);
  return href.slice(at < authority[0] ? authority[0] : at + 1, authority[1]);
}

/** The colon before a host's port; those of an IPv6 address stand in brackets. */
export function portColon(host: string): number {
  const colon = host.lastIndexOf(":");
  return colon > host.lastIndexOf("]") ? colon : -1;
}

export function pathOf(href: string): string {
  const hash = href.indexOf("#");
  const question = href.indexOf("?");
  let end = hash < 0 ? href.length : hash;
  if (question >= 0 && question < end) end = question;
  const colon = href.indexOf(":") + 1;
  if (href.charCodeAt(colon) === 47 && href.charCodeAt(colon + 1) === 47) {
    const slash = href.indexOf("/", colon + 2);
    return slash < 0 || slash > end ? "" : href.slice(slash, end);
  }
  // `web+demo:/.//not-a-host/`: the `/.` only keeps a path that begins with `//` from being read as a host.
  return href.slice(href.startsWith("/.//", colon) ? colon + 2 : colon, end);
}

export function queryOf(href: string): string {
  const question = href.indexOf("?");
  if (question < 0) return "";
  const hash = href.indexOf("#");
  if (hash < 0) return href.slice(question + 1);
  return hash < question ? "" : href.slice(question + 1, hash);
}

export function originOf(href: string): string {
  const scheme = href.slice(0, href.indexOf(":"));
  switch (scheme) {
    case "http":
    case "https":
    case "ftp":
    case "ws":
    case "wss":
      return `${scheme}://${hostOf(href)}`;
    case "blob": {
      const inner = rust.parseUrl(pathOf(href));
      return inner !== undefined && (inner.startsWith("http:") || inner.startsWith("https:")) ? originOf(inner) : "null";
    }
    default:
      return "null";
  }
}
