import type { Pid, PidLike } from "./mail.js";

/**
 * Topics and their subscribers: who is to be told of what. A subscriber that ends is taken out of every topic as soon as
 * the process looks at its mail. It is watched for that, which needs no grant.
 *
 * ```ts
 * const rooms = new Topics<string>();
 *
 * export function join(this: Call, room: string) { return rooms.subscribe(room, this.caller); }
 * export function say(room: string, text: string) { return rooms.publish(room, text); }
 * ```
 */
export declare class Topics<K = string> {
  /** Subscribes a process to a topic. False if it was subscribed already. */
  subscribe(topic: K, subscriber: PidLike): boolean;
  /** Ends a subscription. False if there was none. */
  unsubscribe(topic: K, subscriber: PidLike): boolean;
  /** Ends all subscriptions of a process, and tells how many there were. */
  unsubscribeAll(subscriber: PidLike): number;
  /**
   * Sends a value to all subscribers of a topic, and tells to how many. It waits for a subscriber whose mailbox is full,
   * as {@link Processes.send} does; {@link Processes.broadcast} leaves such a one out instead.
   */
  publish(topic: K, value: unknown): number;
  /** {@link publish} of bytes, as they are. */
  publishBytes(topic: K, bytes: string | Uint8Array): number;
  /** The subscribers of a topic. */
  subscribers(topic: K): Pid[];
  /** How many subscribers a topic has. */
  count(topic: K): number;
  /** The topics that have subscribers. */
  topics(): K[];
}
