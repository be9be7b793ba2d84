/** The list: in memory and in the store, and who is told of its changes. */
import { ServiceError, Topics, service, type Call } from "rusm-ts";

export interface Todo {
  id: number;
  text: string;
  done: boolean;
}

/** What happened to a thing to do, which is then as it stands here. */
export interface Change {
  kind: "added" | "changed" | "removed";
  todo: Todo;
}

const MOST_TODOS = 1000;

const todos = new Map<number, Todo>();
const followers = new Topics<"changes">();
let lastId = 0;

export default service({
  async init() {
    const stored = kv.bucket("todos");
    for await (const key of stored.keys()) {
      const todo = (await stored.getJson<Todo>(key))!;
      todos.set(todo.id, todo);
      lastId = todo.id;
    }
  },
});

export function all(): Todo[] {
  return [...todos.values()];
}

export async function add(text: string): Promise<Todo> {
  if (todos.size === MOST_TODOS) {
    throw new ServiceError(`there are ${MOST_TODOS} things to do already`, "full");
  }
  return change("added", { id: lastId + 1, text, done: false });
}

export async function setDone(id: number, done: boolean): Promise<Todo> {
  const todo = find(id);
  return todo.done === done ? todo : change("changed", { ...todo, done });
}

export async function remove(id: number): Promise<Todo> {
  return change("removed", find(id));
}

/** Tells the caller of every change from now on, and what the list is now. */
export function follow(this: Call): Todo[] {
  followers.subscribe("changes", this.caller);
  return all();
}

function find(id: number): Todo {
  const todo = todos.get(id);
  if (todo === undefined) {
    throw new ServiceError(`there is no ${id} on the list`, "no-such-todo");
  }
  return todo;
}

/** The only way to change the list: in the store first, and then here. Who follows is told what is on disk. */
async function change(kind: Change["kind"], todo: Todo): Promise<Todo> {
  // In the order of the numbers, and legible for `rusm kv list`.
  const key = String(todo.id).padStart(10, "0");
  if (kind === "removed") {
    await kv.bucket("todos").delete(key);
    todos.delete(todo.id);
  } else {
    await kv.bucket("todos").setJson(key, todo);
    todos.set(todo.id, todo);
  }
  lastId = Math.max(lastId, todo.id);
  followers.publish("changes", { kind, todo } satisfies Change);
  return todo;
}
