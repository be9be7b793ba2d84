import type { Native } from "../native";
import type { WebNatives } from "./natives";

/** The host's functions and Rust's, for all modules here. Set once, before anything calls them. */
export let native: Native;
export let rust: WebNatives;

export function setHost(host: Native, web: WebNatives): void {
  native = host;
  rust = web;
}

/** Refuses what would be frozen into the image that all processes start from. */
export function refuseWhileImaging(what: string): void {
  if (native.imaging()) {
    throw new Error(`${what} cannot be used while the module is evaluated, since that is done once for all processes: use it in the handler`);
  }
}
