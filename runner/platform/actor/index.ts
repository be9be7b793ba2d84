import type * as rusm from "../../../sdk/rusm-ts/index.js";
import type { Native } from "../native";
import { callAction } from "./client/action";
import { Calls } from "./client/calls";
import { makeClient, pidOf } from "./client/client";
import { CallError, ServiceError } from "./errors";
import { Host, type Platform } from "./host";
import { makeKv } from "./kv";
import { Mailbox } from "./mailbox";
import { Pid } from "./pid";
import { argumentOf, makeProcess, spawnProcess } from "./process";
import { service, shapeOf, websocket, type Shape } from "./service/shape";
import { Serving } from "./service/serving";
import { makeTopics } from "./topics";
import { holdSocket, paramsOf } from "./websocket";

export type { Platform } from "./host";
export type { Fetch, Shape, Worker } from "./service/shape";
export { paramsOf, shapeOf };

/** The actor side of a process. */
export interface ActorRuntime {
  /** What `rusm:runtime` exports. `kv` is the global of that name, too. */
  exports: typeof rusm;
  /** The body of a process of this shape, to its end: whatever was made for no request. */
  run(shape: Shape): Promise<void>;
}

/** Makes the actor side. Nothing of the process is asked for before something is used. */
export function actorRuntime(native: Native, platform: Platform): ActorRuntime {
  const host = new Host(native, platform);
  const mailbox = new Mailbox(host);
  const calls = new Calls(host, mailbox);

  const exports = {
    CallError,
    // Nobody but this module calls its constructor, and the compiler compares private ones too.
    Pid: Pid as unknown as typeof rusm.Pid,
    Process: makeProcess(calls),
    ServiceError,
    Topics: makeTopics(calls),
    call: (
      action: string,
      request: InstanceType<typeof Request>,
      options?: { params?: Record<string, string>; timeout?: number },
    ) => callAction(host, action, request, options),
    connect: <S>(to: string | rusm.PidLike, options?: rusm.ClientOptions) =>
      makeClient(calls, to, options) as rusm.Client<S>,
    kv: makeKv(host),
    pidOf,
    service,
    spawn: <S>(component: string, options: rusm.SpawnOptions & rusm.ClientOptions = {}) =>
      makeClient(calls, spawnProcess(calls, component, options).pid, options) as rusm.Client<S>,
    websocket,
  } satisfies typeof rusm;

  const run = async (shape: Shape): Promise<void> => {
    switch (shape.kind) {
      case "ws":
        return holdSocket(host, mailbox, shape.handlers);
      case "service":
        return new Serving(host, mailbox, shape.service).run(argumentOf(calls));
      case "fetch":
        if (shape.worker === undefined) {
          throw new Error(
            "this component answers requests, and was spawned: a worker is `export default async function`",
          );
        }
        await shape.worker(argumentOf(calls));
    }
  };

  return { exports, run };
}
