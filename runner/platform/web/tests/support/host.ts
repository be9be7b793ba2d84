/** A host for the tests: virtual time, captured lines, and exchanges that the test itself answers. */
import type { Native, Source } from "../../../native";

export const lines: string[] = [];
export const clock = { wall: 1_700_000_000_000, monotonic: 5_000 };
export const state = { imaging: false, environment: [] as [string, string][], requestHeaders: [] as [string, string][], requestBody: [] as (Uint8Array | undefined)[] };

const waiting = new Map<number, [Source, () => void]>();
let nextWaiting = 1;
let seed = 1;

export interface Exchange {
  method: string;
  url: string;
  headers: [string, string][];
  body: Uint8Array | undefined;
  streams: boolean;
  written: Uint8Array[];
  ended: boolean;
  dropped: boolean;
  /** How many more bytes the host takes from a streaming body. */
  window: number;
  response?: { status: number; headers: [string, string][] } | Error;
  /** Pieces yet to come; undefined is a pause of one turn, an Error breaks it off. */
  pieces: (Uint8Array | undefined | Error)[];
}

export const exchanges: Exchange[] = [];
/** Set by a test: answers an exchange when it begins, or throws what the host would. */
export const server = { answer: (_: Exchange): void => {} };

export const native = {
  now: () => clock.wall,
  monotonic: () => clock.monotonic,
  random(view: Uint8Array): void {
    if (state.imaging) throw new Error("no random values while the bundle is evaluated");
    for (let index = 0; index < view.length; index += 1) {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      view[index] = seed >> 16;
    }
  },
  imaging: () => state.imaging,
  print: (text: string) => void lines.push(text),
  env: () => state.environment,
  whenReady(source: Source, callback: () => void): number {
    waiting.set(nextWaiting, [source, callback]);
    return nextWaiting++;
  },
  forget: (number: number) => void waiting.delete(number),
  requestHeaders: () => state.requestHeaders,
  requestAuthority: () => state.requestHeaders.find(([name]) => name === "host")?.[1],
  tryReadRequest: () => (state.requestBody.length === 0 ? null : state.requestBody.shift()),
  startFetch(method: string, url: string, headers: [string, string][], body: Uint8Array | undefined, streams: boolean): number {
    const exchange: Exchange = { method, url, headers, body, streams, written: [], ended: !streams, dropped: false, window: Infinity, pieces: [] };
    server.answer(exchange);
    return exchanges.push(exchange) - 1;
  },
  tryWriteFetch(number: number, bytes: Uint8Array): number | undefined {
    const exchange = exchanges[number]!;
    if (exchange.window === 0) {
      exchange.window = 4;
      return undefined;
    }
    const taken = Math.min(bytes.length, exchange.window);
    exchange.window -= taken;
    exchange.written.push(bytes.slice(0, taken));
    return taken;
  },
  endFetch: (number: number) => void (exchanges[number]!.ended = true),
  tryResponse(number: number) {
    const { response } = exchanges[number]!;
    if (response instanceof Error) throw response;
    return response;
  },
  tryReadFetch(number: number): Uint8Array | null | undefined {
    const exchange = exchanges[number]!;
    if (exchange.pieces.length === 0) return null;
    const piece = exchange.pieces.shift();
    if (piece instanceof Error) throw piece;
    return piece;
  },
  dropFetch: (number: number) => void (exchanges[number]!.dropped = true),
} as unknown as Native;

/** Calls back all that wait; whether there were any. */
export function wake(): boolean {
  const callbacks = [...waiting];
  waiting.clear();
  for (const [, [, callback]] of callbacks) callback();
  return callbacks.length > 0;
}
