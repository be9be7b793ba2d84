import type {
  ExitReason,
  IncomingStream,
  Mail,
  Message,
  Processes,
  ProcessInfo,
  SpawnOptions,
} from "../../../sdk/rusm-ts/index.js";
import type * as native from "../native";
import { Writer } from "./byte-stream";
import type { Calls } from "./client/calls";
import { documentOf } from "./mail";
import { numberOf, Pid } from "./pid";
import { encode } from "./wire/encode";

const anything = (): boolean => true;
const isMessage = (mail: Mail): mail is Message => mail.kind === "message";
const isStream = (mail: Mail): mail is IncomingStream => mail.kind === "stream";

/** What this process was spawned with: a value, or the bytes if they are no document; undefined if nothing. */
export function argumentOf({ host }: Calls): unknown {
  const bytes = host.native.argument();
  if (bytes.length === 0) {
    return undefined;
  }
  try {
    return documentOf(host, bytes);
  } catch {
    return bytes;
  }
}

/** Makes a process, and watches it for the application if that is asked for. */
export function spawnProcess(
  calls: Calls,
  component: string,
  options: SpawnOptions & { monitor?: boolean },
): { pid: bigint; monitor?: bigint } {
  const { argument, label, link = false, monitor = false } = options;
  calls.flush();
  const document = argument === undefined ? "" : encode(argument);
  const spawned = calls.host.native.spawn(
    component,
    document,
    label === undefined ? { link, monitor } : { label, link, monitor },
  );
  if (spawned.monitor !== undefined) {
    calls.mailbox.watch(spawned.monitor, null);
  }
  return spawned;
}

/** The `Process` of a process. Whatever leaves it goes out after the calls that were made before. */
export function makeProcess(calls: Calls): Processes {
  const { native } = calls.host;
  const { mailbox } = calls;

  const receive = async (wanted: (mail: Mail) => boolean, ms = Infinity): Promise<Mail | null> => {
    calls.flush();
    return mailbox.receive(wanted, ms);
  };

  return {
    self: () => Pid.of(native.ownPid()),
    argument: () => argumentOf(calls),
    argumentBytes: () => native.argument(),

    spawn(component, options = {}) {
      const { pid, monitor } = spawnProcess(calls, component, options);
      return monitor === undefined ? { pid: Pid.of(pid) } : { pid: Pid.of(pid), monitor };
    },

    send(to, value) {
      calls.flush();
      native.send(numberOf(to), encode(value));
    },
    sendBytes(to, bytes) {
      calls.flush();
      native.send(numberOf(to), bytes);
    },

    receive: ((ms) => receive(anything, ms)) as Processes["receive"],
    receiveMessage: ((ms) => receive(isMessage, ms)) as Processes["receiveMessage"],
    receiveMatch: receive as Processes["receiveMatch"],

    monitor(other) {
      const monitor = native.monitor(numberOf(other));
      mailbox.watch(monitor, null);
      return monitor;
    },
    demonitor: (monitor) => mailbox.unwatch(monitor),
    link: (other) => native.link(numberOf(other)),
    unlink: (other) => native.unlink(numberOf(other)),
    trapExit: (on) => native.trapExit(on),
    exit(to, reason) {
      calls.flush();
      native.exit(numberOf(to), reasonFor(reason));
    },
    kill(other) {
      calls.flush();
      native.kill(numberOf(other));
    },
    exitSelf(reason): never {
      calls.flush();
      return native.exitSelf(reasonFor(reason));
    },
    isAlive: (other) => native.isAlive(numberOf(other)),

    register: (name) => native.register(name),
    unregister: (name) => native.unregister(name),
    whereis(name) {
      const pid = native.whereis(name);
      return pid === undefined ? null : Pid.of(pid);
    },

    info(other) {
      const info = native.info(numberOf(other));
      return info === undefined ? null : infoOf(info);
    },
    list: () => native.list().map(Pid.of),
    setLabel: (label) => native.setLabel(label),

    sendAfter: (delay, to, value) => native.sendAfter(delay, numberOf(to), encode(value)),
    sendInterval: (period, to, value) => native.sendInterval(period, numberOf(to), encode(value)),
    cancelTimer: (timer) => native.cancelTimer(timer) ?? null,
    readTimer: (timer) => native.readTimer(timer) ?? null,

    join: (group) => native.joinGroup(group),
    leave: (group) => native.leaveGroup(group),
    members: (group) => native.groupMembers(group).map(Pid.of),
    groups: () => native.groups(),
    broadcast(group, value) {
      calls.flush();
      return native.broadcast(group, encode(value));
    },
    broadcastBytes(group, bytes) {
      calls.flush();
      return native.broadcast(group, bytes);
    },

    openStream(to) {
      calls.flush();
      const pid = numberOf(to);
      return new Writer(calls.host, Pid.of(pid), native.openStream(pid));
    },
    acceptStream: ((ms) => receive(isStream, ms)) as Processes["acceptStream"],
  };
}

function reasonFor(reason: ExitReason): native.ExitReason {
  return reason as native.ExitReason;
}

function infoOf(info: native.ProcessInfo): ProcessInfo {
  return {
    ...info,
    pid: Pid.of(info.pid),
    links: info.links.map(Pid.of),
    monitors: info.monitors.map(Pid.of),
    monitoredBy: info.monitoredBy.map(Pid.of),
  };
}
