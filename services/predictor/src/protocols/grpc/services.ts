import type { GrpcImplementation } from '@mlab/kernel';
import { inferenceService } from './inference-service.ts';
import type { InferenceDeps } from './infer.ts';
import { predictorService, type PredictorDeps } from './predictor-service.ts';

/** All that the Model API answers over gRPC. Loaded when somebody connects. */
export const grpcServices = (deps: InferenceDeps & PredictorDeps): readonly GrpcImplementation[] => [
  inferenceService(deps),
  predictorService(deps),
];
