import { defineContract, operation } from '@mlab/kernel';
import { Type } from 'typebox';
import { PredictionResponse } from './predictor.ts';

export const InputData = Type.Object(
  {
    data: Type.String({ title: 'Data', description: 'The input to log' }),
    forward_to_model: Type.Boolean({
      default: true,
      title: 'Forward To Model',
      description: 'Whether Service B is asked for a prediction',
    }),
  },
  { title: 'InputData' },
);

export const gateway = defineContract({
  name: 'gateway',
  title: 'Service A - Input Logger',
  label: 'Service A',
  description: 'Logs an input and asks Service B for a prediction.',
  port: 8000,
  wire: 'fastapi',
  operations: {
    processInput: operation('POST /process', {
      summary: 'Process Input',
      description: 'Logs an input and, unless told otherwise, asks Service B for a prediction.',
      scope: 'gateway:process',
      input: InputData,
      output: Type.Object({ status: Type.String(), model_prediction: Type.Optional(PredictionResponse) }, { title: 'ProcessResponse' }),
    }),
  },
});
