import type { PidLike, Topics } from "../../../sdk/rusm-ts/index.js";
import type { Calls } from "./client/calls";
import { numberOf, Pid } from "./pid";
import { encode } from "./wire/encode";

interface Subscriber<K> {
  /** One, however many topics there are. */
  monitor: bigint;
  topics: Set<K>;
}

/** The class `Topics` of a process. */
export function makeTopics(calls: Calls): typeof Topics {
  const { native } = calls.host;

  return class TopicsOf<K> implements Topics<K> {
    /** None is empty. */
    readonly #topics = new Map<K, Set<bigint>>();
    readonly #subscribers = new Map<bigint, Subscriber<K>>();

    subscribe(topic: K, subscriber: PidLike): boolean {
      const pid = numberOf(subscriber);
      let entry = this.#subscribers.get(pid);
      if (entry === undefined) {
        const monitor = native.awaitAnswer(pid);
        calls.mailbox.watch(monitor, { down: () => this.#forget(pid) });
        entry = { monitor, topics: new Set() };
        this.#subscribers.set(pid, entry);
      }
      if (entry.topics.has(topic)) {
        return false;
      }
      entry.topics.add(topic);
      const subscribers = this.#topics.get(topic);
      if (subscribers === undefined) {
        this.#topics.set(topic, new Set([pid]));
      } else {
        subscribers.add(pid);
      }
      return true;
    }

    unsubscribe(topic: K, subscriber: PidLike): boolean {
      const pid = numberOf(subscriber);
      const entry = this.#subscribers.get(pid);
      if (entry === undefined || !entry.topics.delete(topic)) {
        return false;
      }
      if (entry.topics.size === 0) {
        calls.mailbox.unwatch(entry.monitor);
        this.#subscribers.delete(pid);
      }
      this.#leave(topic, pid);
      return true;
    }

    unsubscribeAll(subscriber: PidLike): number {
      const pid = numberOf(subscriber);
      const entry = this.#subscribers.get(pid);
      if (entry === undefined) {
        return 0;
      }
      calls.mailbox.unwatch(entry.monitor);
      this.#forget(pid);
      return entry.topics.size;
    }

    #forget(pid: bigint): void {
      const entry = this.#subscribers.get(pid);
      this.#subscribers.delete(pid);
      for (const topic of entry?.topics ?? []) {
        this.#leave(topic, pid);
      }
    }

    #leave(topic: K, pid: bigint): void {
      const subscribers = this.#topics.get(topic);
      if (subscribers?.delete(pid) === true && subscribers.size === 0) {
        this.#topics.delete(topic);
      }
    }

    publish(topic: K, value: unknown): number {
      return this.#topics.has(topic) ? this.publishBytes(topic, encode(value)) : 0;
    }

    publishBytes(topic: K, bytes: string | Uint8Array): number {
      calls.flush();
      const subscribers = this.#topics.get(topic);
      for (const subscriber of subscribers ?? []) {
        native.send(subscriber, bytes);
      }
      return subscribers?.size ?? 0;
    }

    subscribers(topic: K): Pid[] {
      return [...(this.#topics.get(topic) ?? [])].map(Pid.of);
    }

    count(topic: K): number {
      return this.#topics.get(topic)?.size ?? 0;
    }

    topics(): K[] {
      return [...this.#topics.keys()];
    }
  };
}
