import type { Todo } from "../list";

/** The list as it is now; public/todo.js keeps it so. */
export function Page({ todos }: { todos: Todo[] }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Things to do</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/assets/todo.css" />
        <script type="module" src="/assets/todo.js"></script>
      </head>
      <body>
        <main>
          <h1>Things to do</h1>
          <p id="state" role="status">
            connecting
          </p>
          <form id="add">
            <label>
              What is to be done? <input name="text" required maxlength={200} autocomplete="off" />
            </label>
            <button>Add</button>
          </form>
          <ul id="todos" aria-label="Things to do" aria-live="polite">
            {todos.map((todo) => (
              <Line todo={todo} />
            ))}
          </ul>
        </main>
      </body>
    </html>
  );
}

function Line({ todo }: { todo: Todo }) {
  return (
    <li id={`todo-${todo.id}`}>
      <label>
        <input type="checkbox" checked={todo.done} disabled />
        <span>{todo.text}</span>
      </label>
    </li>
  );
}
