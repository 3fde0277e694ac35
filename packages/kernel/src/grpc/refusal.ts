import { Metadata, type StatusObject } from '@grpc/grpc-js';
import type { AppError, Issue } from '#/errors.ts';
import { CODE_TRAILER, GRPC_STATUS, ISSUES_TRAILER, RETRY_TRAILER } from '#/grpc/status.ts';

/** Clients take 8 KiB of trailers in all. A sentence is percent-encoded there, and issues are Base64. */
const MOST_CHARACTERS = 1000;
const MOST_ENCODED = 3000;
const MOST_ISSUE_BYTES = 2500;

/** An error as gRPC says it; in the trailers, what its statuses cannot say. */
export function refusalOf(error: AppError): Required<StatusObject> {
  const metadata = new Metadata();
  metadata.set(CODE_TRAILER, error.code);
  if (error.retryAfter !== undefined) metadata.set(RETRY_TRAILER, String(error.retryAfter));
  if (error.issues !== undefined) {
    const issues = shortened(error.issues);
    if (issues !== undefined) metadata.set(ISSUES_TRAILER, issues);
  }
  // A half of a surrogate pair cannot be percent-encoded.
  return { code: GRPC_STATUS[error.code], details: cut(sentenceOf(error).toWellFormed()), metadata };
}

/** With the first thing that is wrong, for a client that reads nothing but the sentence. */
function sentenceOf({ message, issues }: AppError): string {
  const [first] = issues ?? [];
  const where = first?.loc.slice(1).join('.') ?? '';
  return first === undefined || message.includes(first.msg) ? message : `${message} ${where === '' ? '' : `${where}: `}${first.msg}`;
}

function cut(text: string): string {
  let kept = text.slice(0, MOST_CHARACTERS).toWellFormed();
  while (encodeURI(kept).length > MOST_ENCODED) kept = kept.slice(0, Math.floor(kept.length * 0.75)).toWellFormed();
  return kept.length < text.length ? `${kept}…` : kept;
}

/** As many of the first issues as there is room for. */
function shortened(issues: readonly Issue[]): Buffer | undefined {
  for (let count = Math.min(issues.length, 20); count > 0; count--) {
    const bytes = Buffer.from(JSON.stringify(issues.slice(0, count)));
    if (bytes.length <= MOST_ISSUE_BYTES) return bytes;
  }
  return undefined;
}
