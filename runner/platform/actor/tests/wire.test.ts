import { describe, expect, test } from "bun:test";
import vectors from "../../../../sdk/wire/vectors.json";
import { Pid } from "../pid";
import { decode, received } from "../wire/decode";
import { encode, encodeArguments } from "../wire/encode";
import * as write from "../wire/frame";

type Meaning =
  | null
  | boolean
  | string
  | { int: string }
  | { float: number }
  | { pid: string }
  | { bytes: string }
  | { array: Meaning[] }
  | { object: [string, Meaning][] };

function valueOf(meaning: Meaning): unknown {
  if (meaning === null || typeof meaning !== "object") return meaning;
  if ("int" in meaning) {
    const integer = BigInt(meaning.int);
    return integer >= -(2n ** 53n) && integer <= 2n ** 53n ? Number(integer) : integer;
  }
  if ("float" in meaning) return meaning.float;
  if ("pid" in meaning) return Pid.of(BigInt(meaning.pid));
  if ("bytes" in meaning) return Uint8Array.fromHex(meaning.bytes);
  if ("array" in meaning) return meaning.array.map(valueOf);
  return Object.fromEntries(meaning.object.map(([key, value]) => [key, valueOf(value)]));
}

describe("golden vectors", () => {
  for (const { name, document, meaning, also } of vectors.values as {
    name: string;
    document: string;
    meaning: Meaning;
    also?: string[];
  }[]) {
    test(`a value: ${name}`, () => {
      const value = valueOf(meaning);
      expect(encode(value)).toBe(document);
      for (const text of [document, ...(also ?? [])]) {
        expect(decode(text)).toEqual(value);
      }
    });
  }

  for (const { name, document } of vectors.not_values) {
    test(`no value: ${name}`, () => expect(() => decode(document)).toThrow());
  }

  for (const { document, frame, read_only } of vectors.frames as {
    document: string;
    frame: Record<string, unknown>;
    read_only?: boolean;
  }[]) {
    test(`a frame: ${document}`, () => {
      expect(shown(write.parseFrame(document))).toEqual(frame);
      if (!read_only) expect(written(frame)).toBe(document);
    });
  }

  for (const { name, document } of vectors.not_frames) {
    test(`no frame: ${name}`, () => expect(write.parseFrame(document)?.is).toBe("malformed"));
  }

  for (const { name, document } of vectors.other) {
    test(`ordinary mail: ${name}`, () => expect(write.parseFrame(document)?.is ?? "other").toBe("other"));
  }
});

function shown(frame: write.Frame | undefined): unknown {
  switch (frame?.is) {
    case "call":
      return { call: frame.op, args: JSON.stringify(frame.args), ref: frame.ref ?? null, stream: frame.stream };
    case "ok":
    case "item":
      return { [frame.is]: JSON.stringify(frame.value), ref: frame.ref };
    case "err":
      return { err: frame.message, code: frame.code ?? null, ref: frame.ref };
    case "end":
    case "cancel":
      return { [frame.is]: true, ref: frame.ref };
    case "credit":
      return { credit: frame.items, ref: frame.ref };
    case "cb":
      return { cb: frame.number, args: JSON.stringify(frame.args) };
    default:
      return frame;
  }
}

function written(frame: any): string {
  if ("call" in frame)
    return write.callFrame(JSON.stringify(frame.call), frame.args, frame.ref ?? undefined, frame.stream);
  if ("ok" in frame) return write.valueFrame(frame.ref, "ok", frame.ok);
  if ("item" in frame) return write.valueFrame(frame.ref, "item", frame.item);
  if ("err" in frame) return write.errorFrame(frame.ref, frame.err, frame.code ?? undefined);
  if ("end" in frame) return write.endFrame(frame.ref);
  if ("credit" in frame) return write.creditFrame(frame.ref, frame.credit);
  if ("cancel" in frame) return write.cancelFrame(frame.ref);
  return write.invocationFrame(frame.cb, frame.args);
}

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

describe("what is written", () => {
  test("is the value itself where JSON has it, and what toJSON says", () => {
    expect(encode({ at: new Date(0), none: undefined, list: [undefined, NaN, 5n] })).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","list":[null,null,5]}',
    );
    expect(encode(undefined)).toBe("null");
    const self = {
      a: 1,
      toJSON() {
        return this;
      },
    };
    expect(() => encode(self)).toThrow(/function/);
  });

  test("is tagged by what stands there, not by what is undefined", () => {
    expect(encode({ $pid: "7", other: undefined })).toBe('{"$$pid":"7"}');
  });

  test("may be 128 deep, and nothing may contain itself", () => {
    expect(encode(JSON.parse(nested(128)))).toBe(nested(128));
    expect(() => encode(JSON.parse(nested(129)))).toThrow(/128/);
    const round: unknown[] = [];
    round.push({ round });
    expect(() => encode(round)).toThrow(/contains itself/);
  });

  test("is bytes of a buffer or a piece of one, and of no other view", () => {
    const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
    expect(encode([buffer, new Uint8Array(buffer, 1, 2)])).toBe('[{"$b":"AQIDBA=="},{"$b":"AgM="}]');
    expect(() => encode(new Float64Array(1))).toThrow(/Uint8Array/);
  });

  test("never loses what it cannot say", () => {
    for (const value of [
      new Map(),
      new Set([1]),
      Promise.resolve(),
      /x/,
      new Error("x"),
      Symbol("x"),
      () => 1,
      2n ** 64n,
      (function* () {})(),
    ]) {
      expect(() => encode({ value })).toThrow(TypeError);
    }
  });

  test("is a copy only, whatever its keys are", () => {
    const given = JSON.parse('{"__proto__":{"a":1},"big":0}') as Record<string, unknown>;
    given["big"] = 2n ** 60n;
    expect(encode(given)).toBe('{"__proto__":{"a":1},"big":{"$i":"1152921504606846976"}}');
    expect(given["big"]).toBe(2n ** 60n);
  });

  test("is Unicode, whatever a string holds", () => {
    expect(encode(["\ud800", "\\ud800", "😀", "a\udfffb"])).toBe('["\ufffd","\\\\ud800","😀","a\ufffdb"]');
  });

  test("numbers closures among arguments, and drops what is undefined at their end", () => {
    let next = 3;
    expect(encodeArguments([1, () => 0, { on: () => 0 }, undefined], () => next++)).toBe(
      '[1,{"$cb":3},{"on":{"$cb":4}}]',
    );
    expect(encodeArguments([undefined, 1], () => 0)).toBe("[null,1]");
  });
});

describe("what is read", () => {
  test("sets no prototype", () => {
    const value = decode('{"__proto__":{"polluted":{"$i":"5"}},"constructor":1}') as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("may be 128 deep", () => {
    expect(JSON.stringify(decode(nested(128)))).toBe(nested(128));
    expect(() => decode(nested(129))).toThrow(/128/);
  });

  test("has closures among arguments alone", () => {
    expect(() => decode('{"$cb":3}')).toThrow(/closure/);
    expect(() => received({ $cb: -1 }, () => () => true)).toThrow(/number/);
  });

  test("is no frame by words that others put on every object", () => {
    const polluted = Object.prototype as Record<string, unknown>;
    polluted["ok"] = 1;
    try {
      expect(write.parseFrame('{"ref":1}')?.is).toBe("other");
      expect(write.parseFrame('{"ref":1,"end":true}')?.is).toBe("end");
    } finally {
      delete polluted["ok"];
    }
  });
});

describe("a pid", () => {
  test("is one object", () => {
    expect(Pid.of(7n)).toBe(Pid.of(7n));
    expect(`${Pid.of(7n)}`).toBe("7");
    expect(BigInt(Pid.of(7n) as unknown as bigint)).toBe(7n);
    expect(JSON.stringify(Pid.of(7n))).toBe('{"$pid":"7"}');
    expect(() => Pid.of(-1n)).toThrow(TypeError);
    expect(() => Pid.of(2n ** 64n)).toThrow(TypeError);
  });
});
