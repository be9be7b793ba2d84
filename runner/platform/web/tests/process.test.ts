import { lines, state } from "./support/host";
import { equal, ok, test } from "./support/test";

test("process.env is read after the start", () => {
  state.imaging = true;
  state.environment = [["KEY", "image"]];
  lines.length = 0;
  const { env } = process;
  equal([env["KEY"], env["NODE_ENV"], "KEY" in env, Object.keys(env)], [undefined, undefined, false, []]);
  equal(env["OTHER"], undefined);
  equal(lines, ["[warn] process.env.KEY was read at module scope, where there is no environment: read it in the handler"]);
  state.imaging = false;
  state.environment = [["KEY", "value"], ["__proto__", "x"]];
  equal([env["KEY"], "KEY" in env, env["NONE"], env["toString"]], ["value", true, undefined, undefined]);
  equal({ ...env }["KEY"], "value");
  equal(Object.keys(env), ["KEY", "__proto__"]);
});
test("a process may change its own", () => {
  const own = process.env as Record<string, unknown>;
  own["A"] = 1;
  equal(process.env["A"], "1");
  delete own["A"];
  ok(!("A" in process.env));
  equal(Object.keys(process), ["env"]);
});
test("navigator", () => {
  ok(/^rusm\/\d+\.\d+\.\d+/.test(navigator.userAgent));
  ok((globalThis as unknown as { self: unknown }).self === globalThis);
});
