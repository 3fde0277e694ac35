import { grpcMethod } from '@mlab/kernel';

const read = 'predictor:read';
const infer = 'predictor:predict';
const load = 'predictor:load';

/**
 * The library that speaks gRPC copies a message in one piece, twice: more than this would hold the loop for 20 ms. Larger tensors, and rows of
 * more than a megabyte, go over HTTP.
 */
const TENSORS = { maxMessageBytes: 25_165_824 };
const ROWS = { maxMessageBytes: 1_048_576 };

/**
 * The Open Inference Protocol, version 2, over gRPC with Triton's extensions, and the same predictions as over HTTP for our own services.
 * The messages stand in packages/protos/proto.
 */
export const predictorGrpc = {
  port: 9001,
  services: {
    'inference.GRPCInferenceService': {
      ServerLive: grpcMethod({ summary: 'Whether the server answers', scope: read, safe: true }),
      ServerReady: grpcMethod({ summary: 'Whether the server can be asked for predictions', scope: read, safe: true }),
      ModelReady: grpcMethod({ summary: 'Whether a model can be asked', scope: read, safe: true }),
      ServerMetadata: grpcMethod({ summary: 'What this server is, and which extensions it knows', scope: read, safe: true }),
      ModelMetadata: grpcMethod({ summary: 'Inputs and outputs of a model', scope: read, safe: true }),
      ModelInfer: grpcMethod({ summary: 'Ask a model', scope: infer, safe: true, ...TENSORS }),
      ModelStreamInfer: grpcMethod({ summary: 'Ask models over one stream', scope: infer, timeoutMs: 3_600_000, ...TENSORS }),
      ModelConfig: grpcMethod({ summary: "A model's configuration, as Triton tells it", scope: read, safe: true }),
      ModelStatistics: grpcMethod({ summary: "What models were asked, in Triton's counts", scope: read, safe: true }),
      RepositoryIndex: grpcMethod({ summary: 'The models that are served or could be', scope: read, safe: true }),
      RepositoryModelLoad: grpcMethod({ summary: 'Load a model', scope: load, safe: true, timeoutMs: 120_000 }),
      RepositoryModelUnload: grpcMethod({ summary: 'Take a model out of memory', scope: load, safe: true }),
    },
    'mlab.predictor.v1.PredictorService': {
      Predict: grpcMethod({ summary: 'Predict', scope: infer, safe: true }),
      PredictRows: grpcMethod({ summary: 'Predict for rows', scope: infer, safe: true, ...ROWS }),
      ExplainRows: grpcMethod({ summary: 'Explain predictions', scope: infer, safe: true, ...ROWS }),
      Infer: grpcMethod({ summary: 'Ask a model, with the bytes of the protocol', scope: infer, safe: true, ...TENSORS }),
    },
  },
} as const;
