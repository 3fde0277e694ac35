import { defineContract, operation, queue } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';
import { openInference } from './open-inference.ts';
import { predictorGrpc } from './predictor-grpc.ts';
import { InferenceAnswer, InferenceQuestion } from './predictor-inferences.ts';
import { explainRowsInput, modelOperations, predictRowsInput, RowExplanations, RowPredictions } from './predictor-models.ts';

export const CLASSES = ['cat', 'dog', 'bird', 'fish', 'rabbit'] as const;

export const PredictionRequest = Type.Object(
  { input: Type.String({ title: 'Input', description: 'Any text, also an empty one' }) },
  { title: 'PredictionRequest' },
);

/** Open to further fields: whatever a Service B adds reaches the client of Service A. */
export const PredictionResponse = Type.Object(
  {
    prediction: Type.Object(
      {
        class: Type.String({ description: 'The class the model decided for' }),
        confidence: Type.Number({ description: 'How sure it is, from 0 to 1' }),
        input_length: Type.Integer({ description: 'Length of the input in Unicode code points' }),
      },
      { additionalProperties: true, title: 'Prediction' },
    ),
    message: Type.String({ description: 'The prediction as a sentence' }),
  },
  { additionalProperties: true, title: 'PredictionResponse' },
);
export type PredictionResponse = Static<typeof PredictionResponse>;

export const predictor = defineContract({
  name: 'predictor',
  title: 'Service B - ML Prediction',
  label: 'Service B',
  description: 'Answers with predictions: of the models in the registry, and of a demo model that picks a class at random.',
  port: 8001,
  wire: 'fastapi',
  protocols: { openInference },
  grpc: predictorGrpc,
  operations: {
    predict: operation('POST /predict', {
      summary: 'Predict',
      description: 'Predicts a class for an input.',
      scope: 'predictor:predict',
      // A prediction changes nothing, so asking again is the same as asking once.
      safe: true,
      input: PredictionRequest,
      output: PredictionResponse,
    }),
    ...modelOperations,
  },
  /** The same questions as messages, for whoever would rather wait in a queue than be refused. All instances take from them. */
  queues: {
    predictions: queue('predictor.predict@1', {
      summary: 'Predicts a class for an input',
      input: PredictionRequest,
      output: PredictionResponse,
    }),
    rowPredictions: queue('predictor.predict-rows@1', { summary: 'Predicts for rows', input: predictRowsInput, output: RowPredictions }),
    rowExplanations: queue('predictor.explain-rows@1', {
      summary: 'Explains predictions',
      input: explainRowsInput,
      output: RowExplanations,
    }),
    inferences: queue('predictor.infer@1', {
      summary: 'Answers a question of the Open Inference Protocol',
      input: InferenceQuestion,
      output: InferenceAnswer,
    }),
  },
});
