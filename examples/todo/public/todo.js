const find = (id) => document.getElementById(id);
const tell = (state) => (find("state").textContent = state);
const gone = "the connection is gone; trying again";

// The list is what the events say; what is done here goes to the server and comes back as an event.

function follow() {
  const events = new EventSource("changes");
  const on = (name, then) => events.addEventListener(name, ({ data }) => then(JSON.parse(data)));
  on("list", (todos) => find("todos").replaceChildren(...todos.map(line)));
  on("added", show);
  on("changed", show);
  on("removed", ({ id }) => find(`todo-${id}`)?.remove());
  events.onopen = () => tell("live");
  events.onerror = () => {
    tell(gone);
    // A browser tries again by itself, unless it was refused: by a node that is about to stop, say.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 1000);
  };
}

function show(todo) {
  const there = find(`todo-${todo.id}`);
  if (!there) {
    find("todos").append(line(todo));
    return;
  }
  // Changed in its place, so that it keeps the focus.
  there.querySelector("input").checked = todo.done;
  there.querySelector("span").textContent = todo.text;
}

function line({ id, text, done }) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: done });
  box.onchange = async () => {
    if (!(await send("PATCH", `todos/${id}`, { done: box.checked }))) box.checked = !box.checked;
  };
  const words = document.createElement("span");
  words.textContent = text;
  const label = document.createElement("label");
  label.append(box, " ", words);
  const remove = document.createElement("button");
  remove.textContent = "Delete";
  remove.setAttribute("aria-label", `Delete ${text}`);
  remove.onclick = () => send("DELETE", `todos/${id}`);
  const item = document.createElement("li");
  item.id = `todo-${id}`;
  item.append(label, remove);
  return item;
}

async function send(method, path, body) {
  try {
    const reply = await fetch(path, { method, body: body && JSON.stringify(body) });
    if (!reply.ok) tell(`that was refused: ${await reply.text()}`);
    return reply.ok;
  } catch {
    tell("the server cannot be reached");
    return false;
  }
}

find("add").onsubmit = async (event) => {
  event.preventDefault();
  const form = event.target;
  if (await send("POST", "todos", { text: form.elements.text.value })) form.reset();
};

let socket;

function chat() {
  socket = new WebSocket(new URL("chat", location.href.replace(/^http/, "ws")));
  socket.onopen = () => (find("talk").textContent = "connected");
  socket.onmessage = ({ data }) => {
    const { name, text } = JSON.parse(data);
    const line = document.createElement("li");
    line.textContent = `${name}: ${text}`;
    find("said").append(line);
  };
  socket.onclose = () => {
    find("talk").textContent = gone;
    setTimeout(chat, 1000);
  };
}

find("say").onsubmit = (event) => {
  event.preventDefault();
  const { name, text } = event.target.elements;
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ name: name.value, text: text.value }));
  text.value = "";
};

follow();
chat();
