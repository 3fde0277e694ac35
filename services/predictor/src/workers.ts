import type { predictor } from '@mlab/contracts/predictor';
import { bufferOf, type HandlersOf, type WorkersOf } from '@mlab/kernel';
import type { InferByMessage } from '#/protocols/open-inference/by-message.ts';

/** What comes through the queues is answered by those who answer over HTTP. */
export function workers(
  { predict, predictRows, explainRows }: HandlersOf<typeof predictor>,
  infer: InferByMessage,
): WorkersOf<typeof predictor> {
  return {
    predictions: async ({ data }, { call }) => predict(data, call),
    rowPredictions: async ({ data }, { call }) => predictRows(data, call),
    rowExplanations: async ({ data }, { call }) => explainRows(data, call),
    inferences: async ({ data: { base64, ...asked } }, { call }) => {
      const { body, ...answer } = await infer({ ...asked, body: Buffer.from(base64, 'base64') }, call);
      return { ...answer, base64: bufferOf(body).toString('base64') };
    },
  };
}
