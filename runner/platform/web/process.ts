import { console } from "./console";
import { native } from "./host";

type Environment = Record<string, string | undefined>;

let granted: Environment | undefined;
let warned = false;

/**
 * The variables that the profile grants. They are read when a process first asks, so that the image holds none; while the
 * module is evaluated there are none, and a warning says so.
 */
function environment(): Environment {
  if (granted !== undefined) return granted;
  if (native.imaging()) return Object.create(null) as Environment;
  granted = Object.assign(Object.create(null), Object.fromEntries(native.env())) as Environment;
  return granted;
}

function warnAbout(key: string): void {
  // Libraries look at this one to choose a build; that it is missing harms nobody.
  if (warned || key === "NODE_ENV" || !native.imaging()) return;
  warned = true;
  console.warn(`process.env.${key} was read at module scope, where there is no environment: read it in the handler`);
}

/** A proxy, so that `const { env } = process` at module scope is of use later. */
const env = new Proxy(Object.create(null) as Environment, {
  get(_, key) {
    if (typeof key === "symbol") return undefined;
    const value = environment()[key];
    if (value === undefined) warnAbout(key);
    return value;
  },
  has: (_, key) => key in environment(),
  set(_, key, value) {
    environment()[key as string] = `${value as string}`;
    return true;
  },
  deleteProperty: (_, key) => delete environment()[key as string],
  ownKeys: () => Reflect.ownKeys(environment()),
  getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(environment(), key),
  defineProperty(_, key, property) {
    return Reflect.defineProperty(environment(), key, { ...property, configurable: true });
  },
});

export const process = { env };
