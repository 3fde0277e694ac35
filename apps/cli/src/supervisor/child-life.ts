import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

const FAILED_ENDS_WITHIN_MS = 2_000;
const LAST_WORDS_WITHIN_MS = 2_000;
const ERROR = /^\w*Error\b.*: /;

/** One run of one process, from its start to its end. */
export interface ChildLife {
  readonly pid: number | undefined;
  readonly startedAt: number;
  /** Resolves when it serves, with the addresses of its services. */
  readonly ready: Promise<ReadonlyMap<string, string>>;
  /** Resolves when it is gone, with why, in words that continue "predictor …". */
  readonly exited: Promise<string>;
  /** Asks it to finish its work and end. */
  terminate(): void;
  /** Ends it at once; `why` is then what `exited` tells. */
  kill(why?: string): void;
}

export function followChild(child: ChildProcess, onLine: (line: string) => void): ChildLife {
  const words = rememberLastWords();
  let verdict: string | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => words.hear(line, onLine));
  }

  function kill(why?: string): void {
    verdict ??= why;
    child.kill('SIGKILL');
  }

  const ready = new Promise<ReadonlyMap<string, string>>((resolve) => {
    child.on('message', (message) => {
      const news = parseNews(message);
      if (news?.type === 'ready') resolve(news.urls);
      if (news?.type !== 'failed') return;
      verdict = `failed: ${news.reason}`;
      // It has said that it ends; whatever keeps it does not have to keep us.
      setTimeout(kill, FAILED_ENDS_WITHIN_MS).unref();
    });
  });
  const exited = new Promise<string>((resolve) => {
    const end = (code: number | null, signal: string | null): void => resolve(verdict ?? describeEnd(code, signal, words.last()));
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    // The last line of output often says why, and comes before 'close'; but 'close' also waits for whoever inherited the output.
    child.once('close', end);
    child.once('exit', (code, signal) => setTimeout(end, 500, code, signal).unref());
  });
  return { pid: child.pid, startedAt: Date.now(), ready, exited, terminate: () => terminate(child), kill };
}

/** What a process cried right before its end: Node prints the error first, then its stack and version. */
function rememberLastWords(): { hear(line: string, onLine: (line: string) => void): void; last(): string } {
  let words = '';
  let at = 0;
  return {
    hear(line, onLine) {
      if (line.trim() === '') return;
      if (ERROR.test(line) || !ERROR.test(words)) words = line.trim();
      at = Date.now();
      onLine(line);
    },
    last: () => (Date.now() - at < LAST_WORDS_WITHIN_MS ? words : ''),
  };
}

/** Windows knows no SIGTERM, only a sudden end; there the closed channel is what asks. */
function terminate(child: ChildProcess): void {
  if (process.platform !== 'win32') child.kill('SIGTERM');
  else if (child.connected) child.disconnect();
}

function describeEnd(code: number | null, signal: string | null, lastWords: string): string {
  const end = signal ? `was ended by ${signal}` : `ended with code ${code}`;
  return lastWords === '' ? end : `${end}: ${lastWords}`;
}

type News = { type: 'ready'; urls: ReadonlyMap<string, string> } | { type: 'failed'; reason: string };

function parseNews(message: unknown): News | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
  if (message.type === 'failed' && 'reason' in message) return { type: 'failed', reason: String(message.reason) };
  if (message.type !== 'ready') return undefined;
  const services: unknown[] = 'services' in message && Array.isArray(message.services) ? message.services : [];
  return { type: 'ready', urls: new Map(services.flatMap(serviceUrl)) };
}

function serviceUrl(service: unknown): [string, string][] {
  if (typeof service !== 'object' || service === null || !('name' in service) || !('url' in service)) return [];
  const own: [string, string] = [String(service.name), String(service.url)];
  return 'grpc' in service && typeof service.grpc === 'string' ? [own, [grpcKey(own[0]), service.grpc]] : [own];
}

/** Under which name the address of a service over gRPC is found among the others. */
export const grpcKey = (service: string): string => `${service}/grpc`;
