import { defineContract } from '@mlab/kernel';
import { datasetOperations } from './training-data.ts';
import { trainingEvents } from './training-events.ts';
import { jobOperations, trainerOperations } from './training-jobs.ts';
import { programOperations } from './training-programs.ts';
import { studyOperations } from './training-studies.ts';

export const training = defineContract({
  name: 'training',
  title: 'Model Training',
  label: 'Model Training',
  description: 'Trains models from tables: tracked, compared with a baseline, explained, and registered as ONNX files.',
  port: 8006,
  wire: 'problem',
  operations: { ...datasetOperations, ...trainerOperations, ...jobOperations, ...studyOperations, ...programOperations },
  events: trainingEvents,
});
