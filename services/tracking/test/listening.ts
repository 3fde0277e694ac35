import { setTimeout as delay } from 'node:timers/promises';

export interface Heard {
  readonly event: string;
  readonly id: string | undefined;
  // oxlint-disable-next-line typescript/no-explicit-any -- what an event holds is what a test is about
  readonly data: any;
}

/** One who listens to server-sent events as a browser does. */
export interface Listening extends AsyncDisposable {
  /** All that was heard so far. */
  readonly heard: readonly Heard[];
  /** How many lines were heard that only show that the connection is alive. */
  readonly heartbeats: number;
  /** The id to come again with. */
  readonly lastId: string | undefined;
  /** Whether the other side has ended the stream, or broken it off. */
  readonly over: boolean;
  /** Resolves when what was heard is so. */
  until(what: string, seen: () => boolean): Promise<void>;
  /** Values that came in `metrics`, as `key@step=value`. */
  values(): readonly string[];
}

export async function listen(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Listening> {
  const leaving = new AbortController();
  const answer = await fetch(url, { headers, signal: leaving.signal });
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  const heard: Heard[] = [];
  let heartbeats = 0;
  let lastId: string | undefined;
  let over = false;
  let text = '';
  const take = (block: string): void => {
    const lines = block.split('\n');
    const field = (name: string): string | undefined => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    if (lines.includes(':')) heartbeats++;
    const id = field('id');
    lastId = id ?? lastId;
    const data = field('data');
    if (data !== undefined) heard.push({ event: field('event') ?? 'message', id, data: JSON.parse(data) as unknown });
  };
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        take(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  };
  const reading = read()
    .catch(() => {})
    .finally(() => (over = true));
  return {
    heard,
    get heartbeats() {
      return heartbeats;
    },
    get lastId() {
      return lastId;
    },
    get over() {
      return over;
    },
    until: (what, seen) => until(what, seen, () => JSON.stringify(heard).slice(-2000)),
    values: () => valuesOf(heard),
    [Symbol.asyncDispose]: async () => {
      leaving.abort();
      await reading;
    },
  };
}

interface Value {
  readonly key: string;
  readonly step: number;
  readonly value: number | string;
}

const valuesOf = (heard: readonly Heard[]): readonly string[] =>
  heard
    .filter(({ event }) => event === 'metrics')
    .flatMap(({ data }) => (data as { metrics: readonly Value[] }).metrics.map(({ key, step, value }) => `${key}@${step}=${value}`));

export async function until(
  what: string,
  seen: () => boolean | Promise<boolean>,
  otherwise: () => string = () => '',
  withinMs = 5000,
): Promise<void> {
  const limit = performance.now() + withinMs;
  while (!(await seen())) {
    if (performance.now() > limit) throw new Error(`not within ${withinMs} ms: ${what}. ${otherwise()}`);
    await delay(3);
  }
}
