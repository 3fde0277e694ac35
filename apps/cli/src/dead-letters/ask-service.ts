import { CliError, messageOf } from '../cli-error.ts';
import type { Home } from '../home.ts';
import { askStatus } from '../supervisor/control-client.ts';

const WITHIN_MS = 30_000;

export interface Question {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Below `/dead-letters`, with its query. */
  readonly path: string;
  readonly body?: unknown;
}

/** Where services of the running lab listen. */
export async function serviceUrls(home: Home): Promise<ReadonlyMap<string, string>> {
  const status = await askStatus(home);
  if (!status) throw new CliError('Nothing runs here; npm start starts the lab, and --url names a service elsewhere.', { exitCode: 3 });
  const ready = status.processes.filter(({ state }) => state === 'ready').flatMap(({ services }) => services);
  return new Map(ready.flatMap(({ name, url }) => (url === undefined ? [] : [[name, url] as const])));
}

/** Asks a service about its dead letters; undefined when it keeps none, since it hears no events. Its refusal becomes ours. */
export async function askService(url: string, { method, path, body }: Question): Promise<unknown> {
  const answer = await fetch(new URL(`/dead-letters${path}`, url), {
    method,
    signal: AbortSignal.timeout(WITHIN_MS),
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new CliError(`${url} does not answer: ${messageOf(error)}.`, { cause: error });
  });
  const text = await answer.text();
  const value = parse(text);
  if (answer.ok) return value;
  // An unknown path is another 404 than an unknown letter.
  if (answer.status === 404 && path.split('?')[0] === '') return undefined;
  const detail =
    typeof value === 'object' && value !== null && 'detail' in value ? String(value.detail) : `${answer.status} ${text.slice(0, 200)}`;
  throw new CliError(detail);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
