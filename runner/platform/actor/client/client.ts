import type { CallOptions, ClientOptions, PidLike } from "../../../../sdk/rusm-ts/index.js";
import { Pid } from "../pid";
import { refuse } from "../wire/encode";
import { cast, invoke } from "./call";
import type { Calls } from "./calls";
import { CALL_TIMEOUT, Connection } from "./connection";

/** Asks a client whom it calls. Its strings are the service's functions. */
const CONNECTION = Symbol("connection");

/** What stands behind a client. */
class Client {
  /** Made as they are used. */
  readonly methods = Object.create(null) as Record<string, unknown>;

  constructor(
    readonly calls: Calls,
    readonly connection: Connection,
  ) {}
}

refuse(Client.prototype, "a client cannot be sent: send its `pidOf`");

const handler: ProxyHandler<Client> = {
  get(target, name) {
    if (typeof name === "symbol") {
      return name === CONNECTION ? target : undefined;
    }
    // JavaScript asks any object for these: whoever awaits a client, or prints it as JSON, means no call.
    if (name === "then" || name === "toJSON") {
      return undefined;
    }
    return (target.methods[name] ??= method(target, name));
  },
  set: () => false,
  // Nothing of what stands behind it is to be seen.
  ownKeys: () => [],
};

export function makeClient(calls: Calls, to: string | PidLike, options: ClientOptions | undefined): object {
  return new Proxy(new Client(calls, new Connection(to, options?.timeout ?? CALL_TIMEOUT)), handler);
}

function method({ calls, connection }: Client, name: string): unknown {
  const of = { connection, function: name, op: JSON.stringify(name), options: undefined };
  const call = (...args: unknown[]): unknown => invoke(calls, of, args);
  return Object.assign(call, {
    cast: (...args: unknown[]): void => cast(calls, of, args),
    with: (options: CallOptions) => {
      const { timeout } = options;
      if (timeout !== undefined && !(timeout >= 0)) {
        throw new TypeError("a timeout is a number of milliseconds");
      }
      return (...args: unknown[]): unknown => invoke(calls, { ...of, options }, args);
    },
  });
}

export function pidOf(client: object): Pid {
  const target = (client as { [CONNECTION]?: Client })[CONNECTION];
  if (target === undefined) {
    throw new TypeError("this is no client");
  }
  return Pid.of(target.connection.living(target.calls.host.native));
}
