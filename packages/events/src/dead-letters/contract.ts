import { operation, type Contract } from '@mlab/kernel';
import { Type } from '@mlab/schema';

const Consumer = Type.String({ description: 'Name of the consumer or of the queue.' });
const Id = Type.String({ description: 'Id of the event.' });
const Filter = {
  consumer: Type.Optional(Consumer),
  type: Type.Optional(Type.String({ description: 'Type of the event.' })),
  key: Type.Optional(Type.String({ description: 'Key of the event.' })),
  failedAfter: Type.Optional(Type.String({ description: 'Only those whose last attempt failed then or later, RFC 3339.' })),
  failedBefore: Type.Optional(Type.String({ description: 'Only those whose last attempt failed earlier, RFC 3339.' })),
};

const summary = {
  consumer: Consumer,
  id: Id,
  type: Type.String(),
  key: Type.Optional(Type.String()),
  subject: Type.Optional(Type.String()),
  attempts: Type.Integer(),
  error: Type.String({ description: 'Why the last attempt failed.' }),
  receivedAt: Type.String(),
  failedAt: Type.String(),
  edited: Type.Boolean({ description: 'Whether its data is no longer what was published.' }),
};

export const DeadLetter = Type.Object(summary);

export const DeadLetterDetail = Type.Object({
  ...summary,
  event: Type.Unknown({ description: 'The CloudEvent, as the next attempt would see it.' }),
  original: Type.Optional(Type.Unknown({ description: 'The CloudEvent as it was published, when it has been edited.' })),
});

const One = { consumer: Consumer, id: Id };
const Count = (what: string) => Type.Object({ count: Type.Integer({ description: what }) });

/** What a service that hears events lets its operators do with those it could not handle. */
export function deadLetterOperations(service: string) {
  const scope = `${service}:dead-letters`;
  return {
    listDeadLetters: operation('GET /dead-letters', {
      summary: 'Lists events that could not be handled, in the order in which they were received.',
      scope,
      input: Type.Object({
        ...Filter,
        limit: Type.Integer({ default: 50, minimum: 1, maximum: 200 }),
        after: Type.Optional(Type.String({ description: '`next` of the page before.' })),
      }),
      output: Type.Object({ items: Type.Array(DeadLetter), next: Type.Optional(Type.String()) }),
    }),
    getDeadLetter: operation('GET /dead-letters/:consumer/:id', {
      summary: 'Shows one event that could not be handled.',
      scope,
      input: Type.Object(One),
      output: DeadLetterDetail,
    }),
    editDeadLetter: operation('PUT /dead-letters/:consumer/:id', {
      summary: 'Replaces the data of an event that could not be handled.',
      description: 'The data must be what the contract of the event asks for. What was published is kept beside it.',
      scope,
      safe: true,
      input: Type.Object({ ...One, data: Type.Unknown({ description: 'The new data.' }) }),
      output: DeadLetterDetail,
    }),
    redriveDeadLetter: operation('POST /dead-letters/:consumer/:id/redrive', {
      summary: 'Lets an event be handled again.',
      description: 'It waits behind all that its consumer has received until now; its attempts begin from 1.',
      scope,
      input: Type.Object(One),
      output: Count('1'),
    }),
    redriveDeadLetters: operation('POST /dead-letters/redrive', {
      summary: 'Lets all events that match be handled again.',
      scope,
      input: Type.Object(Filter),
      output: Count('How many.'),
    }),
    deleteDeadLetter: operation('DELETE /dead-letters/:consumer/:id', {
      summary: 'Deletes an event that could not be handled. It does not come again.',
      scope,
      input: Type.Object(One),
      output: Count('1'),
    }),
    purgeDeadLetters: operation('DELETE /dead-letters', {
      summary: 'Deletes all events that match.',
      scope,
      input: Type.Object({
        ...Filter,
        all: Type.Boolean({ default: false, description: 'Needed to delete them without any filter.' }),
      }),
      output: Count('How many.'),
    }),
  };
}

export type DeadLetterOperations = ReturnType<typeof deadLetterOperations>;

export type DeadLetterContract = Omit<Contract, 'operations'> & { readonly operations: DeadLetterOperations };

/** For clients of a service's dead letters alone, such as the command line. */
export function deadLetterContract(contract: Contract): DeadLetterContract {
  return { ...contract, wire: 'problem', operations: deadLetterOperations(contract.name) };
}
