/**
 * Write rusm components in TypeScript: services and their clients, workers, WebSockets, and the node's store.
 *
 * @packageDocumentation
 */

/// <reference path="./globals.d.ts" />

export type * from "./types/call.js";
export type * from "./types/kv.js";
export type * from "./types/mail.js";
export type * from "./types/process.js";
export type * from "./types/serve.js";
export type * from "./types/topics.js";

export { CallError, ServiceError, call, connect, pidOf, spawn } from "./types/call.js";
export { kv } from "./types/kv.js";
export { Pid } from "./types/mail.js";
export { Process } from "./types/process.js";
export { service, websocket } from "./types/serve.js";
export { Topics } from "./types/topics.js";
