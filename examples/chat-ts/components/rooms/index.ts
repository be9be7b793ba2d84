/** Who is in which room. What it tells the members goes to their clients as it is. */
import { Process, ServiceError, Topics, service, type Call, type Pid } from "rusm-ts";

/** What members are told. */
export type News =
  | { kind: "joined" | "left"; name: string; members: string[] }
  | { kind: "said"; name: string; text: string };

interface Member {
  room: string;
  name: string;
}

const members = new Map<Pid, Member>();
const rooms = new Topics<string>();

export default service({
  init() {
    // A member that ends is news, and no reason to end as well.
    Process.trapExit(true);
  },
  mail(mail) {
    if (mail.kind === "exit") {
      leave(mail.from);
    }
  },
});

/** Makes the caller, which is in no room yet, a member of one. All who are there hear of it, the caller too. */
export function join(this: Call, room: string, name: string): void {
  if (!/^\S{1,30}$/.test(name)) {
    throw new ServiceError("a name has 1 to 30 characters and no spaces", "name");
  }
  if (names(room).includes(name)) {
    throw new ServiceError(`${name} is here already`, "taken");
  }
  // A client whose room is gone would wait for ever: it ends with this process, and connects anew.
  Process.link(this.caller);
  rooms.subscribe(room, this.caller);
  members.set(this.caller, { room, name });
  tell(room, { kind: "joined", name, members: names(room) });
}

export function say(this: Call, text: string): void {
  const member = members.get(this.caller);
  if (member === undefined) {
    throw new ServiceError("join a room first", "nowhere");
  }
  tell(member.room, { kind: "said", name: member.name, text });
}

function leave(pid: Pid): void {
  const member = members.get(pid);
  if (member === undefined) {
    return;
  }
  members.delete(pid);
  rooms.unsubscribeAll(pid);
  tell(member.room, { kind: "left", name: member.name, members: names(member.room) });
}

function names(room: string): string[] {
  return rooms.subscribers(room).map((pid) => members.get(pid)?.name ?? "").sort();
}

function tell(room: string, news: News): void {
  rooms.publish(room, news);
}
