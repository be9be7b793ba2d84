import { clock, state } from "./support/host";
import { equal, ok, test, throws } from "./support/test";

test("module scope's clock is not the process's", () => {
  state.imaging = true;
  const first = performance.now();
  clock.monotonic += 1000;
  clock.wall += 1000;
  ok(performance.now() - first === 1000, "time passes at module scope");
  state.imaging = false;
  clock.monotonic += 5000;
  clock.wall += 5000;
  equal([performance.now(), performance.timeOrigin], [0, clock.wall]);
  clock.monotonic += 3;
  equal(performance.now(), 3);
  equal(performance.toJSON(), { timeOrigin: clock.wall });
});
test("shape", () => {
  ok(performance instanceof EventTarget);
  equal(String(performance), "[object Performance]");
  throws(TypeError, () => new (performance.constructor as new () => void)());
});
