import { setTimeout as delay } from 'node:timers/promises';
import { bytesOf } from '../import/http/ask.ts';
import type { TrainingDisplay } from './display.ts';
import type { Job, JobProgress, Study } from './job.ts';
import type { TrainingLab } from './training-lab.ts';

const POLL_MS = 400;
const AGAIN_MS = 500;

interface ServerEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** Shows what a job says and how far it is until it has ended; a connection that breaks is made anew. */
export async function followJob(lab: TrainingLab, id: string, display: TrainingDisplay, signal: AbortSignal): Promise<Job> {
  let after: string | undefined;
  for (;;) {
    const answer = await lab.raw(`/jobs/${encodeURIComponent(id)}/logs${after === undefined ? '' : `?after=${after}`}`);
    try {
      for await (const { event, id: at, data } of eventsOf(answer)) {
        after = at ?? after;
        const told = JSON.parse(data) as unknown;
        if (event === 'log') display.line(lineOf(told as { readonly text: string; readonly level: string }));
        else if (event === 'progress') display.progress(told as JobProgress);
        else if (event === 'end') return told as Job;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SyntaxError) throw error;
    }
    await delay(AGAIN_MS, undefined, { signal });
  }
}

const lineOf = ({ text, level }: { readonly text: string; readonly level: string }): string =>
  level === 'info' ? text : `${level === 'error' ? 'Error' : 'Warning'}: ${text}`;

/** Until its trials have ended, and its job has begun. */
export async function followStudy(lab: TrainingLab, id: string, display: TrainingDisplay, signal: AbortSignal): Promise<Study> {
  for (;;) {
    const study = (await lab.json(`/studies/${encodeURIComponent(id)}`)) as unknown as Study;
    display.study(study);
    if (study.state !== 'waiting' && study.state !== 'running') return study;
    await delay(POLL_MS, undefined, { signal });
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
async function* eventsOf(answer: Response): AsyncGenerator<ServerEvent, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytesOf(answer)) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').flatMap((line) => {
          const at = line.indexOf(':');
          return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1).trimStart()] as const];
        }),
      );
      const data = fields.get('data');
      if (data !== undefined) yield { event: fields.get('event') ?? 'message', id: fields.get('id'), data };
    }
  }
}
