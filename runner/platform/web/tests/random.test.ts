import { installWeb } from "../index";
import { lines, native, state } from "./support/host";
import { equal, ok, test, throws } from "./support/test";

test("Math.random: the same for all at module scope, with a warning, and seeded afterwards", () => {
  state.imaging = true;
  lines.length = 0;
  const [first, second] = [Math.random(), Math.random()];
  ok(first !== second && first >= 0 && first < 1);
  equal(lines.length, 1);
  ok(lines[0]!.startsWith("[warn] Math.random() at module scope"));
  state.imaging = false;
  const after = Array.from({ length: 1000 }, () => Math.random());
  ok(after.every((value) => value >= 0 && value < 1) && new Set(after).size === 1000);
  ok(Math.abs(after.reduce((a, b) => a + b) / 1000 - 0.5) < 0.05);
  equal([Math.random.name, Math.random.length], ["random", 0]);
  void installWeb;
  void native;
});

/** WebCryptoAPI/getRandomValues.any.js. */
for (const Kind of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array]) {
  test(`getRandomValues of ${Kind.name}`, () => {
    const array = new Kind(32);
    ok(crypto.getRandomValues(array) === array);
    ok([...array].some((value) => value != 0));
    throws("QuotaExceededError", () => crypto.getRandomValues(new Kind(65536 / Kind.BYTES_PER_ELEMENT + 1)));
    crypto.getRandomValues(new Kind(65536 / Kind.BYTES_PER_ELEMENT));
    crypto.getRandomValues(new Kind(0));
  });
}
for (const Kind of [Float32Array, Float64Array]) test(`refuses ${Kind.name}`, () => throws("TypeMismatchError", () => crypto.getRandomValues(new Kind(1))));
test("refuses a DataView and what is no view", () => {
  throws("TypeMismatchError", () => crypto.getRandomValues(new DataView(new ArrayBuffer(1))));
  for (const bad of [null, {}, 1, new ArrayBuffer(1)]) throws(TypeError, () => crypto.getRandomValues(bad as never));
});
test("a view is filled where it looks", () => {
  const whole = new Uint8Array(64);
  crypto.getRandomValues(whole.subarray(16, 48));
  ok(whole.subarray(0, 16).every((byte) => byte === 0) && whole.subarray(48).every((byte) => byte === 0) && whole.subarray(16, 48).some((byte) => byte !== 0));
});
test("randomUUID", () => {
  const seen = new Set<string>();
  for (let index = 0; index < 256; index += 1) {
    const uuid = crypto.randomUUID();
    ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid), uuid);
    seen.add(uuid);
  }
  equal(seen.size, 256);
});
test("not at module scope", () => {
  state.imaging = true;
  try {
    ok((throws(Error, () => crypto.getRandomValues(new Uint8Array(1))) as Error).message.includes("use it in the handler"));
    throws(Error, () => crypto.randomUUID());
  } finally {
    state.imaging = false;
  }
  throws(TypeError, () => new (crypto.constructor as new () => void)());
});
