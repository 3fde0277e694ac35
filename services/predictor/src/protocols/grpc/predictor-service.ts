import { predictor } from '@mlab/contracts/predictor';
import { implement, inputChecker, type GrpcImplementation, type HandlersOf } from '@mlab/kernel';
import { fromJson, toJson, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import { ValueSchema } from '@bufbuild/protobuf/wkt';
import { PredictorService } from '@mlab/protos/predictor';
import type { InferByMessage } from '#/protocols/open-inference/by-message.ts';

type Handlers = HandlersOf<typeof predictor>;

export interface PredictorDeps {
  readonly handlers: Pick<Handlers, 'predict' | 'predictRows' | 'explainRows'>;
  readonly infer: InferByMessage;
}

interface Which {
  readonly which: { readonly case: 'version' | 'alias'; readonly value: number | string } | { readonly case: undefined };
}

const whichOf = ({ which }: Which): object => (which.case === undefined ? {} : { [which.case]: which.value });

/** What Service A asks over HTTP, over gRPC: the same inputs are refused in the same words, and the same handlers answer. */
export function predictorService({ handlers, infer }: PredictorDeps): GrpcImplementation {
  const check = {
    predict: inputChecker(predictor, 'predict'),
    predictRows: inputChecker(predictor, 'predictRows'),
    explainRows: inputChecker(predictor, 'explainRows'),
  };
  return implement(PredictorService, {
    predict: async ({ input }, call) => {
      const { prediction, message } = await handlers.predict(check.predict({ input }) as Parameters<Handlers['predict']>[0], call);
      return {
        className: prediction.class,
        confidence: prediction.confidence,
        inputLength: BigInt(prediction.input_length),
        message,
      };
    },
    predictRows: async ({ name, rows, ...rest }, call) => {
      const input = check.predictRows({ name, rows, ...whichOf(rest) }) as Parameters<Handlers['predictRows']>[0];
      const { model, version, predictions } = await handlers.predictRows(input, call);
      return { model, version, predictions: predictions.map(objectOf) };
    },
    explainRows: async ({ name, rows, class: wanted, ...rest }, call) => {
      const asked = { name, rows, ...whichOf(rest), ...(wanted === undefined ? {} : { class: toJson(ValueSchema, wanted) }) };
      const answer = await handlers.explainRows(check.explainRows(asked) as Parameters<Handlers['explainRows']>[0], call);
      return {
        model: answer.model,
        version: answer.version,
        method: answer.method,
        explanations: answer.explanations.map(objectOf),
        ...(answer.class === undefined ? {} : { class: fromJson(ValueSchema, plain(answer.class)) }),
      };
    },
    infer: async (asked, call) => ({ ...(await infer(asked, call)) }),
  });
}

/** As JSON has it, without `undefined`. */
const plain = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue;
const objectOf = (value: object): JsonObject => plain(value) as JsonObject;
