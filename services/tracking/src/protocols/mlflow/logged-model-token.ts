import { createHash } from 'node:crypto';
import { invalidParameter } from '@mlab/mlflow';

/** What a page is a page of. */
interface Request {
  readonly experimentIds: readonly string[];
  readonly filter: string | undefined;
  readonly orderBy: readonly object[];
  readonly datasets: readonly object[];
}

/** What MLflow's messages call each of these, and what is told when it is not that of the first page. */
const PARTS = [
  ['experimentIds', 'experiment_ids', 'Experiment IDs in the page token do not match the requested experiment IDs.'],
  ['filter', 'filter_string', 'Filter string in the page token does not match the requested filter string.'],
  ['orderBy', 'order_by', 'Order by in the page token does not match the requested order by.'],
  ['datasets', 'datasets', 'Datasets in the page token do not match the requested datasets.'],
] as const;

/** The token of the page that begins at `offset`. It holds checksums of the request, so it stays short however long a filter is. */
export function loggedModelToken(offset: number, request: Request): string {
  const parts = PARTS.map(([key, name]) => [name, checksum(request[key])] as const);
  return Buffer.from(JSON.stringify({ ...Object.fromEntries(parts), offset })).toString('base64');
}

/** Where the page begins: 0 without a token. Throws when the token belongs to another request. */
export function readLoggedModelToken(token: string | undefined, request: Request): number {
  if (!token) return 0;
  const fields = decode(token);
  for (const [key, name, sentence] of PARTS) if (fields[name] !== checksum(request[key])) throw invalidParameter(sentence);
  const { offset } = fields;
  if (!Number.isSafeInteger(offset) || (offset as number) < 0)
    throw invalidParameter(`Invalid page token: its offset is ${String(offset).slice(0, 20)}.`);
  return offset as number;
}

function decode(token: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = token.length > 1000 ? undefined : JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // It is told below.
  }
  throw invalidParameter(`Invalid page token: ${token.slice(0, 100)}`);
}

const checksum = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('base64url')
    .slice(0, 22);
