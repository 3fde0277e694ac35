import { schema } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';

const settings = Type.Object({
  bus: Type.Union([Type.Literal('postgres'), Type.Literal('nats')], {
    default: 'postgres',
    description: 'What carries events between services.',
  }),
  natsUrl: Type.String({
    env: 'NATS_URL',
    default: 'nats://127.0.0.1:4222',
    description: 'Servers of NATS, separated by commas, for the bus nats.',
  }),
  natsStream: Type.String({ default: 'mlab_events', pattern: '^[A-Za-z0-9_-]+$', description: 'Stream of JetStream that is the bus.' }),
  natsReplicas: Type.Integer({ default: 1, minimum: 1, maximum: 5, description: 'Servers that keep a copy of the stream.' }),
  retentionHours: Type.Number({ default: 168, minimum: 0.001, description: 'How long the bus keeps a message, in hours.' }),
  retentionBytes: Type.Integer({
    default: 1_000_000_000,
    minimum: 0,
    description: 'Most that the bus keeps, in bytes; the oldest messages go first. 0: no bound.',
  }),
  maxAttempts: Type.Integer({ default: 8, minimum: 1, description: 'Attempts at a message before it is a dead letter.' }),
  backoffMs: Type.Integer({
    default: 500,
    minimum: 1,
    description: 'Wait after the first failed attempt, in ms; doubled for each further one.',
  }),
  maxBackoffMs: Type.Integer({ default: 60_000, minimum: 1, description: 'Longest wait between two attempts, in ms.' }),
  handlerMs: Type.Integer({ default: 30_000, minimum: 1, description: 'Longest time of one attempt, in ms.' }),
  concurrency: Type.Integer({ default: 4, minimum: 1, description: 'Messages that one consumer handles at once in one process.' }),
  stopMs: Type.Integer({
    default: 10_000,
    minimum: 0,
    description: 'How long messages being handled may take when the process ends, in ms.',
  }),
});

export type EventsSettings = Static<typeof settings>;

export const eventsSettings = schema(settings);
