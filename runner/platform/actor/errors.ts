import type { ExitReason } from "../../../sdk/rusm-ts/index.js";

/** Why a call has no answer, or none that is a value. */
export class CallError extends Error {
  override readonly name = "CallError";
  declare readonly code?: string;
  declare readonly reason?: ExitReason;

  constructor(message: string, code?: string, reason?: ExitReason) {
    super(message);
    if (code !== undefined) {
      this.code = code;
    }
    if (reason !== undefined) {
      this.reason = reason;
    }
  }
}

/** What a service's function throws when callers are to tell failures apart. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  declare readonly code?: string;

  constructor(message: string, code?: string) {
    super(message);
    if (code !== undefined) {
      this.code = code;
    }
  }
}

export function down(reason: ExitReason): CallError {
  const text =
    reason.kind === "no-process"
      ? "the service does not run any more"
      : `the service ended before it answered: ${reasonText(reason)}`;
  return new CallError(text, "down", reason);
}

export function reasonText(reason: ExitReason): string {
  const text = "text" in reason ? reason.text : undefined;
  return text === undefined ? reason.kind : `${reason.kind}: ${text}`;
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) {
    return error.message === "" ? error.name : error.message;
  }
  try {
    return String(error);
  } catch {
    return "something that has no text was thrown";
  }
}

/** The code that an error carries to a caller; not that of a call that failed here, which says nothing of this service. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof CallError || typeof error !== "object" || error === null) {
    return undefined;
  }
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}
