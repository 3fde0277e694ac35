import { Metadata, type StatusObject } from '@grpc/grpc-js';
import type { AppError, Issue } from '#/errors.ts';
import { CODE_TRAILER, GRPC_STATUS, ISSUES_TRAILER, RETRY_TRAILER } from '#/grpc/status.ts';

/** Clients take 8 KiB of trailers in all, and gRPC writes whatever is not ASCII in three times its length. */
const MOST_CHARACTERS = 1000;
const MOST_ISSUE_BYTES = 3000;

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
  return { code: GRPC_STATUS[error.code], details: cut(sentenceOf(error)).toWellFormed(), metadata };
}

/** With the first thing that is wrong, for a client that reads nothing but the sentence. */
function sentenceOf({ message, issues }: AppError): string {
  const [first] = issues ?? [];
  const where = first?.loc.slice(1).join('.') ?? '';
  return first === undefined || message.includes(first.msg) ? message : `${message} ${where === '' ? '' : `${where}: `}${first.msg}`;
}

const cut = (text: string): string => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text);

/** As many of the first issues as there is room for. */
function shortened(issues: readonly Issue[]): Buffer | undefined {
  for (let count = Math.min(issues.length, 20); count > 0; count--) {
    const bytes = Buffer.from(JSON.stringify(issues.slice(0, count)));
    if (bytes.length <= MOST_ISSUE_BYTES) return bytes;
  }
  return undefined;
}
