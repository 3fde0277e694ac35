import { AppError, JOB_STATES, operation, type AddedOperations, type CallMeta } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';
import { PAGE, type JobBook } from '#/job-book.ts';
import type { ListedJob } from '#/store/job-rows.ts';

const State = Type.Enum([...JOB_STATES]);

const JobView = Type.Object(
  {
    id: Type.String(),
    kind: Type.String(),
    state: State,
    input: Type.Unknown(),
    output: Type.Optional(Type.Unknown()),
    error: Type.Optional(Type.String({ description: 'Why the last attempt failed' })),
    attempts: Type.Integer(),
    progress: Type.Optional(Type.Object({ share: Type.Number(), note: Type.String() })),
    priority: Type.Integer(),
    createdAt: Type.String({ format: 'date-time' }),
    startedAt: Type.Optional(Type.String({ format: 'date-time', description: 'When the last attempt began' })),
    endedAt: Type.Optional(Type.String({ format: 'date-time' })),
  },
  { title: 'Job' },
);

const JobPage = Type.Object(
  { items: Type.Array(JobView), next: Type.Optional(Type.String({ description: 'The `after` of the next page' })) },
  { title: 'JobPage' },
);

const ById = Type.Object({ id: Type.String() });

/** What anybody who may can ask a service about its jobs, and do with them. */
export function jobOperations(service: string, kinds: readonly string[], book: JobBook): AddedOperations {
  const scope = `${service}:jobs`;
  const listing = Type.Object({
    kind: Type.Optional(Type.String()),
    state: Type.Optional(State),
    limit: Type.Integer({ default: PAGE.default, minimum: 1, maximum: PAGE.most }),
    after: Type.Optional(Type.String()),
  });
  const operations = {
    listJobs: operation('GET /jobs', { summary: 'List the jobs, newest first', scope, input: listing, output: JobPage }),
    getJob: operation('GET /jobs/:id', { summary: 'Get a job', scope, input: ById, output: JobView }),
    cancelJob: operation('POST /jobs/:id/cancel', {
      summary: 'Cancel a job',
      description: 'One that waits never begins; one that runs is told to end.',
      scope,
      input: ById,
      output: JobView,
    }),
    retryJob: operation('POST /jobs/:id/retry', {
      summary: 'Let a job that failed or was cancelled begin anew',
      scope,
      input: ById,
      output: JobView,
    }),
  };

  const get = async (id: string, call: CallMeta): Promise<ListedJob> => {
    const found = await book.find(call, kinds, id);
    if (found === undefined) throw new AppError('not_found', `${service} has no job ${id}.`);
    return found;
  };

  const handlers = {
    listJobs: async ({ kind, ...query }: Static<typeof listing>, call: CallMeta): Promise<Static<typeof JobPage>> => {
      if (kind !== undefined && !kinds.includes(kind)) throw unknownKind(service, kind, kinds);
      const { items, next } = await book.list(call, kind === undefined ? kinds : [kind], query);
      return { items: items.map(toView), ...(next === undefined ? {} : { next }) };
    },
    getJob: async ({ id }: Static<typeof ById>, call: CallMeta): Promise<Static<typeof JobView>> => toView(await get(id, call)),
    cancelJob: async ({ id }: Static<typeof ById>, call: CallMeta): Promise<Static<typeof JobView>> => {
      const { kind } = await get(id, call);
      if (await book.cancel(call, kind, id)) return toView(await get(id, call));
      const { status } = await get(id, call);
      throw new AppError('conflict', `The job ${id} cannot be cancelled: it has already ${ENDED[status.state] ?? 'changed'}.`);
    },
    retryJob: async ({ id }: Static<typeof ById>, call: CallMeta): Promise<Static<typeof JobView>> => {
      const { kind, status } = await get(id, call);
      if (await book.retry(call, kind, id)) return toView(await get(id, call));
      throw new AppError('conflict', `The job ${id} cannot be retried: it is ${status.state}, neither failed nor cancelled.`);
    },
  };
  return { operations, handlers: handlers as unknown as AddedOperations['handlers'] };
}

const ENDED: Readonly<Partial<Record<string, string>>> = { succeeded: 'succeeded', failed: 'failed', cancelled: 'been cancelled' };

function unknownKind(service: string, kind: string, kinds: readonly string[]): AppError {
  const msg = `must be one of ${kinds.join(', ')}`;
  return new AppError('invalid', `${service} has no jobs of the kind ${kind}; it has ${kinds.join(', ')}.`, {
    issues: [{ type: 'enum', loc: ['query', 'kind'], msg, input: kind }],
  });
}

function toView({ kind, status }: ListedJob): Static<typeof JobView> {
  const { id, state, input, output, error, attempts, progress, priority, createdAt, startedAt, endedAt } = status;
  return {
    id,
    kind,
    state,
    input,
    ...(state === 'succeeded' ? { output } : {}),
    ...(error === undefined ? {} : { error }),
    attempts,
    ...(progress === undefined ? {} : { progress }),
    priority,
    createdAt: createdAt.toISOString(),
    ...(startedAt === undefined ? {} : { startedAt: startedAt.toISOString() }),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
  };
}
