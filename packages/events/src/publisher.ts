import {
  AppError,
  type AnyEventType,
  type AnyQueue,
  type AnySchema,
  type CallMeta,
  type Contract,
  type Events,
  type PublishOptions,
  type Transaction,
} from '@mlab/kernel';
import { createDataCheck, type DataCheck } from '#/data-check.ts';
import { writeEnvelope, type EnvelopeSpec } from '#/envelope.ts';
import type { Requests } from '#/requests.ts';
import type { Serving } from '#/serving.ts';
import { insertOutgoing } from '#/store/outbox.ts';

/** The side of events that a service's own code sees. */
export function createPublisher(serving: Serving, contract: Contract, needs: readonly Contract[], requests: Requests): Events {
  const { service, clock, metrics, wakeRelay } = serving;
  const told = byType(Object.values<AnyEventType>(contract.events ?? {}), ({ data }) => data);
  const taken = [contract, ...needs].flatMap(({ queues = {} }) => Object.values<AnyQueue>(queues));
  const inputs = byType(taken, ({ input }) => input);
  const outputs = byType(taken, ({ output }) => output);

  const toOutbox = async (tx: Transaction, spec: Omit<EnvelopeSpec, 'service' | 'time' | 'trace'>): Promise<void> => {
    const { id, text } = writeEnvelope({ ...spec, service, time: clock.now(), trace: tx.call.trace });
    await insertOutgoing(tx, { id, channel: spec.type, key: spec.key, envelope: text });
    tx.afterCommit(() => {
      metrics.published(spec.type);
      wakeRelay();
    });
  };

  const queueInput = (type: string, input: unknown): void => {
    const check = inputs.get(type);
    if (check === undefined)
      throw new Error(`${service} may not send to ${type}: it is a queue neither of its own nor of a service it needs.`);
    const fault = check.fault(input);
    if (fault !== undefined) throw new AppError('invalid', `The input of ${type} is not what its contract asks for: ${fault}.`);
  };

  return {
    publish: async (tx, { type }, data, { key, subject }: PublishOptions = {}) => {
      const check = told.get(type);
      if (check === undefined) throw new Error(`${service} may not publish ${type}: it is no event of its own contract.`);
      const fault = check.fault(data);
      if (fault !== undefined) throw new Error(`${service} may not publish ${type} so: ${fault}.`);
      await toOutbox(tx, { type, data, key, subject });
    },
    send: async (tx, { type }, input, { key, subject }: PublishOptions = {}) => {
      queueInput(type, input);
      await toOutbox(tx, { type, data: input, key, subject });
    },
    request: async <O>(call: CallMeta, { type }: { readonly type: string }, input: unknown, { key, subject }: PublishOptions = {}) => {
      queueInput(type, input);
      const now = clock.now();
      const left = Math.max(0, call.deadline - clock.monotonic());
      const request = { replyto: requests.replyto, expirytime: new Date(now.getTime() + left).toISOString() };
      const { id, text } = writeEnvelope({ service, type, time: now, data: input, key, subject, trace: call.trace, request });
      const output = await requests.send({ id, channel: type, key, envelope: text }, call);
      const fault = outputs.get(type)?.fault(output);
      if (fault !== undefined) throw new AppError('bad_gateway', `The output of ${type} is not what its contract says: ${fault}.`);
      return output as O;
    },
  };
}

function byType<T extends { readonly type: string }>(
  items: readonly T[],
  schemaOf: (item: T) => AnySchema,
): ReadonlyMap<string, DataCheck> {
  return new Map(items.map((item) => [item.type, createDataCheck(schemaOf(item))]));
}
