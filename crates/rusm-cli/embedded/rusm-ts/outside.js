// The package outside of a node, so that a unit test can import a component and call its functions. What needs a node
// says so when it is used, and not before: a test may put something else in its place.

class Coded extends Error {
  constructor(message, code, reason) {
    super(message);
    Object.assign(this, code === undefined ? {} : { code }, reason === undefined ? {} : { reason });
  }
}

export class CallError extends Coded {}
export class ServiceError extends Coded {}

const outside = (name) => () => {
  throw new Error(`\`${name}\` needs a node, and this code runs outside of one`);
};

/** An object whose functions all need a node. */
const absent = (name) =>
  new Proxy({}, { get: (_, key) => (typeof key === "symbol" || key === "then" ? undefined : outside(`${name}.${key}`)) });

export const Process = absent("Process");
export const kv = absent("kv");
export const Pid = absent("Pid");
export const connect = (to) => absent(String(to));
export const spawn = outside("spawn");
export const call = outside("call");
export const pidOf = outside("pidOf");
export const service = (hooks) => ({ kind: "service", hooks });
export const websocket = (handlers) => ({ kind: "ws", handlers });

export class Topics {
  subscribe = outside("Topics.subscribe");
  unsubscribe = outside("Topics.unsubscribe");
  unsubscribeAll = outside("Topics.unsubscribeAll");
  publish = outside("Topics.publish");
  publishBytes = outside("Topics.publishBytes");
  subscribers = outside("Topics.subscribers");
  count = outside("Topics.count");
  topics = outside("Topics.topics");
}
