// The list is what the events say; what is done here goes to the server and comes back as an event.
const find = (id) => document.getElementById(id);
const tell = (state) => (find("state").textContent = state);

function follow() {
  const events = new EventSource("/changes");
  const on = (name, then) => events.addEventListener(name, ({ data }) => then(JSON.parse(data)));
  on("list", (todos) => find("todos").replaceChildren(...todos.map(line)));
  on("added", (todo) => find("todos").append(line(todo)));
  on("changed", (todo) => find(`todo-${todo.id}`)?.replaceWith(line(todo)));
  on("removed", (todo) => find(`todo-${todo.id}`)?.remove());
  events.onopen = () => tell("live");
  events.onerror = () => {
    tell("the connection is gone; trying again");
    // A browser tries again by itself, unless it was refused: by a node that is about to stop, say.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 1000);
  };
}

function line({ id, text, done }) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: done });
  box.onchange = () => send("PATCH", `/todos/${id}`, { done: box.checked });
  const words = document.createElement("span");
  words.textContent = text;
  const label = document.createElement("label");
  label.append(box, words);
  const remove = document.createElement("button");
  remove.textContent = "Delete";
  remove.setAttribute("aria-label", `Delete ${text}`);
  remove.onclick = () => send("DELETE", `/todos/${id}`);
  const item = document.createElement("li");
  item.id = `todo-${id}`;
  item.append(label, remove);
  return item;
}

async function send(method, path, body) {
  try {
    const headers = { "content-type": "application/json" };
    const reply = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    if (!reply.ok) tell((await reply.json()).error);
    return reply.ok;
  } catch {
    tell("the server cannot be reached");
    return false;
  }
}

find("add").onsubmit = async (event) => {
  event.preventDefault();
  const form = event.target;
  if (await send("POST", "/todos", { text: form.elements.text.value })) form.reset();
};

follow();
