/**
 * The web platform that a TypeScript component finds around it. `installWeb` puts it into the global object; the other
 * exports are what the runner's own JavaScript works with.
 */
import type { Native } from "../native";
import { AbortController, AbortSignal } from "./abort";
import { Blob, File } from "./blob";
import { structuredClone } from "./clone";
import { CompressionStream, DecompressionStream } from "./compression";
import { console } from "./console";
import { TextDecoder, TextDecoderStream, TextEncoder, TextEncoderStream } from "./encoding";
import { Event, EventTarget, hooks } from "./event";
import { CustomEvent, ErrorEvent, MessageEvent, PromiseRejectionEvent } from "./events";
import { fetch } from "./fetch";
import { FormData } from "./formdata";
import { Headers } from "./headers";
import { setHost } from "./host";
import { globalEvents, reportError, webHooks } from "./global";
import { MessageChannel, MessagePort } from "./message";
import type { WebNatives } from "./natives";
import { Navigator, navigator } from "./navigator";
import { makePerformance } from "./performance";
import { process } from "./process";
import { Crypto, crypto, random } from "./random";
import { Request } from "./request";
import { Response } from "./response";
import { streamClasses } from "./streams";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "./timers";
import { URL, URLSearchParams } from "./url";
import { URLPattern } from "./urlpattern";

export { abort, onAbort } from "./abort";
export { refuseCloning, registerCloneable, registerTransferable } from "./clone";
export { dispatchRejection, webHooks } from "./global";
export { format, inspect } from "./inspect";
export { type Incoming, Request, makeRequest } from "./request";
export { type Reply, Response, isResponse, replyOf } from "./response";
export { type FieldList, Headers } from "./headers";
export { Crypto, crypto } from "./random";
export { type ByteSource, ReadableStream, isReadableStream, nextBytes } from "./streams";
export { nextTimer, runTimers } from "./timers";
export const timers = { setTimeout, clearTimeout };
export { SECRET, bytesOf, describeInterface } from "./webidl";
export type { WebNatives } from "./natives";

/** Called once, before the bundle is evaluated. */
export function installWeb(global: object, native: Native, webNatives: WebNatives): void {
  setHost(native, webNatives);
  const hide = (name: string, value: unknown) => Object.defineProperty(global, name, { value, configurable: true, writable: true });
  const show = (name: string, value: unknown) => Object.defineProperty(global, name, { value, configurable: true, writable: true, enumerable: true });
  const { Performance, performance } = makePerformance();
  const classes = {
    ...streamClasses,
    AbortController, AbortSignal, Blob, CompressionStream, Crypto, CustomEvent, DecompressionStream, ErrorEvent, Event, EventTarget, File, FormData,
    Headers, MessageChannel, MessageEvent, MessagePort, Navigator, Performance, PromiseRejectionEvent, Request, Response, TextDecoder,
    TextDecoderStream, TextEncoder, TextEncoderStream, URL, URLPattern, URLSearchParams,
  };
  for (const [name, value] of Object.entries(classes)) hide(name, value);
  for (const [name, value] of Object.entries({ clearInterval, clearTimeout, fetch, reportError, setInterval, setTimeout, structuredClone })) show(name, value);
  hide("console", console);
  show("crypto", crypto);
  show("navigator", navigator);
  show("performance", performance);
  hide("process", process);
  show("self", global);
  globalEvents(global);
  hooks.report = (error) => webHooks.report(error);
  Object.defineProperty(Math, "random", { value: random, configurable: true, writable: true });
}
