import { training } from '@mlab/contracts/training';
import { defineContract, defineService, schema, type AnyService, type Received } from '@mlab/kernel';
import { Type } from '@mlab/schema';

// oxlint-disable-next-line typescript/no-explicit-any -- events of all kinds are looked at one by one
type AnyReceived = Received<any>;

export interface Listener {
  readonly service: AnyService;
  readonly heard: readonly AnyReceived[];
  /** Resolves when something is told of the subject from now on. */
  readonly next: (subject: string) => Promise<void>;
}

/** A service that hears all that training tells. */
export function openListener(): Listener {
  const heard: AnyReceived[] = [];
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  const hear = async (event: AnyReceived): Promise<void> => {
    heard.push(event);
    const { subject = '' } = event;
    waiting.get(subject)?.resolve();
    waiting.delete(subject);
  };
  const next = (subject: string): Promise<void> => {
    const one = waiting.get(subject) ?? Promise.withResolvers<void>();
    waiting.set(subject, one);
    return one.promise;
  };
  const service = defineService({
    contract: defineContract({
      name: 'listener',
      title: 'Listener',
      label: 'Listener',
      description: 'Hears what training tells.',
      port: 18_206,
      wire: 'problem',
      operations: {},
    }),
    needs: {},
    consumes: training.events,
    config: schema(Type.Object({})),
    database: { migrations: new URL('migrations/', import.meta.url) },
    start: () => ({
      handlers: {},
      consumers: Object.fromEntries(Object.keys(training.events).map((name) => [name, hear])) as never,
    }),
  });
  return { service: service as AnyService, heard, next };
}
