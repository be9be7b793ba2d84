// As much of Bun as these tests use.

declare module "bun:test" {
  interface Expected {
    not: Expected;
    rejects: Expected;
    toBe(value: unknown): void;
    toBeGreaterThan(number: number): void;
    toBeInstanceOf(type: unknown): void;
    toBeLessThan(number: number): void;
    toBeNull(): void;
    toBeUndefined(): void;
    toContain(item: unknown): void;
    toContainEqual(item: unknown): void;
    toEqual(value: unknown): void;
    toHaveProperty(name: string): void;
    toMatchObject(value: unknown): void;
    toThrow(error?: unknown): void;
  }
  export const expect: { (value: unknown): Expected; stringContaining(text: string): unknown };
  export function describe(name: string, tests: () => void): void;
  export function test(name: string, run: () => unknown, timeout?: number): void;
}

declare const Bun: {
  argv: string[];
  spawn(command: string[], options: { stdout: "pipe" }): { stdout: ReadableStream<Uint8Array<ArrayBuffer>> };
};

interface ImportMeta {
  dir: string;
}

declare function setImmediate(callback: (value?: unknown) => void): void;

declare const Buffer: {
  from(
    bytes: string | Uint8Array,
    encoding?: string,
  ): Uint8Array<ArrayBuffer> & { toString(encoding?: string): string };
  compare(one: Uint8Array, other: Uint8Array): number;
};
