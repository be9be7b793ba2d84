/** The engine's own class, which atob and structured cloning throw as well. */
export const DOMException = (globalThis as unknown as { DOMException: DOMExceptionConstructor }).DOMException;
export type DOMException = Error & { readonly code: number };

interface DOMExceptionConstructor {
  new (message?: string, name?: string): DOMException;
  prototype: DOMException;
}

export function abortError(): DOMException {
  return new DOMException("This operation was aborted", "AbortError");
}
