// Run by Bun for `rusm build`: bundles each component into one file. Takes its task as JSON on standard input, and
// says what came of it as JSON on standard output.
//
// A script rather than `bun build`: what Bun has to say comes with its places, and Node's built-ins, which Bun would
// replace by empty modules, are found out.

import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";

// Computing alone, for which Bun brings a build of its own.
const AVAILABLE = new Set(["assert", "buffer", "events", "path", "process", "punycode", "querystring", "string_decoder", "url", "util"]);
// Read when it is asked for: the environment is another one in each process.
const PROCESS = `export default globalThis.process;
export const { env } = globalThis.process;`;

const BUILT_IN = new Set(builtinModules.map((name) => name.replace(/^node:/, "")));

const { root, components } = await Bun.stdin.json();

async function bundle({ name, entry }) {
  const faults = [];
  const built = await Bun.build({
    entrypoints: [resolve(root, entry)],
    root,
    target: "browser",
    format: "esm",
    sourcemap: "external",
    // Libraries choose by these what they were made for: a host of web standards.
    conditions: ["workerd", "worker"],
    define: { "process.env.NODE_ENV": '"production"' },
    env: "disable",
    external: ["rusm:runtime"],
    throw: false,
    plugins: [{ name: "rusm", setup: (build) => resolveOwn(build, faults) }],
  });
  faults.push(...built.logs.map(message));
  const script = built.outputs.find((output) => output.kind === "entry-point");
  const map = built.outputs.find((output) => output.kind === "sourcemap");
  for (const output of built.outputs) {
    if (output !== script && output !== map) faults.push({ kind: "file", text: output.path });
  }
  return {
    name,
    script: script && (await script.text()).replace(/\n*\/\/# debugId=.*\n*$/, "\n"),
    map: map && slim(await map.json()),
    faults,
  };
}

function resolveOwn(build, faults) {
  // From this app's SDK, whatever lies in some node_modules.
  build.onResolve({ filter: /^rusm-ts$/ }, () => ({ path: join(root, ".rusm/sdk/rusm-ts/index.js") }));
  build.onResolve({ filter: /^[\w:/]+$/ }, ({ path, importer, kind, namespace }) => {
    // What Bun brings imports what Bun brings.
    if (namespace !== "file") return undefined;
    const plain = path.replace(/^node:/, "");
    const known = path.startsWith("node:") || path === "bun" || path.startsWith("bun:") || BUILT_IN.has(path);
    if (!known) return undefined;
    const replaced = replacement(importer, path);
    if (replaced !== undefined) return replaced;
    if (plain === "process") return { path: "process", namespace: "rusm-process" };
    if (AVAILABLE.has(plain)) return undefined;
    // What is asked for on the way may never be asked for, and a library may well be prepared for not getting it.
    const lazy = kind === "require-call" || kind === "dynamic-import" || kind === "require-resolve";
    if (!lazy) faults.push({ kind: "built-in", text: path, place: placeOf(importer, path) });
    return { path, namespace: "rusm-absent" };
  });
  build.onLoad({ filter: /.*/, namespace: "rusm-process" }, () => ({ contents: PROCESS, loader: "js" }));
  build.onLoad({ filter: /.*/, namespace: "rusm-empty" }, () => ({ contents: "module.exports = {};", loader: "js" }));
  build.onLoad({ filter: /.*/, namespace: "rusm-absent" }, ({ path }) => ({
    // Of CommonJS, whose names need not be known: that it is not there is all that is to be told.
    contents: `module.exports = absent();
      function absent() { throw new Error(${JSON.stringify(absent(path))}); }`,
    loader: "js",
  }));
}

const absent = (path) => `"${path}" is not there: components run on web standards, not on Node.js`;

// What the importer's package has in a module's place where there is no Node.js, by `browser` of its package.json.
function replacement(importer, path) {
  for (let folder = dirname(importer); ; folder = dirname(folder)) {
    let text;
    try {
      text = readFileSync(join(folder, "package.json"), "utf8");
    } catch {
      if (folder === dirname(folder)) return undefined;
      continue;
    }
    const { browser } = parsed(text);
    if (typeof browser !== "object" || browser === null || !Object.hasOwn(browser, path)) return undefined;
    const other = browser[path];
    return other === false ? { path, namespace: "rusm-empty" } : { path: Bun.resolveSync(other, folder) };
  }
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function placeOf(file, specifier) {
  const text = readFileSync(file, "utf8");
  const quoted = [`"${specifier}"`, `'${specifier}'`].map((quoted) => text.indexOf(quoted)).filter((at) => at >= 0);
  const at = quoted.length === 0 ? 0 : Math.min(...quoted);
  const length = quoted.length === 0 ? 0 : specifier.length + 2;
  return { file: shown(file), start: Buffer.byteLength(text.slice(0, at)), length };
}

function message({ name, level, message, position, specifier }) {
  const place = position && {
    file: shown(position.file),
    start: position.offset,
    length: position.length,
  };
  if (name === "ResolveMessage") return { kind: "unresolved", text: specifier, place };
  return { kind: level === "error" ? "error" : "warning", text: message, place };
}

const shown = (file) => relative(root, file);

// The sources themselves are not for shipping, and a stack needs no more than their lines.
const slim = ({ version, sources, mappings }) => JSON.stringify({ version, sources, names: [], mappings });

console.log(JSON.stringify(await Promise.all(components.map(bundle))));
