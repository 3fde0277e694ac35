import { predictor } from '@mlab/contracts/predictor';
import { AppError, bufferOf, type CallMeta, type Events, type Queue } from '@mlab/kernel';
import { CallFailure } from '#/domain/call-failure.ts';
import { forReading, type Copies, type InferQuestion, type ServiceB } from '#/service-b/service-b.ts';

const { predictions, rowPredictions, rowExplanations, inferences } = predictor.queues;

/** All copies together, through the queues that they share: whoever is free answers. */
export function queueCopies(events: Events): Copies {
  const copies = [throughQueues(events)];
  return { carryBytes: false, now: () => copies, onChange: () => {} };
}

function throughQueues(events: Events): ServiceB {
  const ask = async <I, O>(queue: Queue<I, O>, input: I, call: CallMeta): Promise<O> => {
    try {
      return await events.request(call, queue, input);
    } catch (error) {
      throw AppError.is(error, 'unavailable') && error.failure === undefined
        ? new CallFailure('refused', { cause: error, reason: BUS_AWAY })
        : error;
    }
  };
  return {
    id: 'queue',
    predict: (input, call) => ask(predictions, { input }, call),
    predictRows: (asked, call) => ask(rowPredictions, asked, call),
    explainRows: (asked, call) => ask(rowExplanations, asked, call),
    infer: async (question, call) => {
      const { status, contentType, headers, base64 } = await ask(inferences, packed(question), call);
      return { status, contentType, headers, body: Buffer.from(base64, 'base64') };
    },
  };
}

/** What comes back in a reply says that it was answered: the bus itself does not. */
const BUS_AWAY = 'the bus that carries its queues cannot be reached';

function packed({ model, version, headers, body }: InferQuestion) {
  return { model, ...(version === undefined ? {} : { version }), headers: forReading(headers), base64: bufferOf(body).toString('base64') };
}
