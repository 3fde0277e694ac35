import { route } from '@mlab/kernel';

const read = 'predictor:read';
const infer = 'predictor:predict';
const load = 'predictor:load';

/** Tensors may be large: so many bytes of a request are read, also after they were decompressed. */
export const MAX_TENSOR_BYTES = 67_108_864;
const TENSORS = { maxBodyBytes: MAX_TENSOR_BYTES };

/**
 * The Open Inference Protocol, version 2, with Triton's binary tensors and repository.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export const openInference = {
  title: 'Open Inference Protocol V2',
  root: '/v2',
  routes: {
    serverMetadata: route('GET /', { summary: 'What this server is, and which extensions it knows', scope: read }),
    serverLive: route('GET /health/live', { summary: 'Whether the server answers', scope: read }),
    serverReady: route('GET /health/ready', { summary: 'Whether the server can be asked for predictions', scope: read }),
    modelMetadata: route('GET /models/:model', { summary: 'Inputs and outputs of a model', scope: read }),
    versionMetadata: route('GET /models/:model/versions/:version', { summary: 'Inputs and outputs of a version', scope: read }),
    modelReady: route('GET /models/:model/ready', { summary: 'Whether a model can be asked', scope: read }),
    versionReady: route('GET /models/:model/versions/:version/ready', { summary: 'Whether a version can be asked', scope: read }),
    modelInfer: route('POST /models/:model/infer', { summary: 'Ask a model', scope: infer, safe: true, ...TENSORS }),
    versionInfer: route('POST /models/:model/versions/:version/infer', { summary: 'Ask a version', scope: infer, safe: true, ...TENSORS }),
    modelConfig: route('GET /models/:model/config', { summary: "A model's configuration, as Triton tells it", scope: read }),
    versionConfig: route('GET /models/:model/versions/:version/config', { summary: "A version's configuration", scope: read }),
    modelStatistics: route('GET /models/:model/stats', { summary: "What a model was asked, in Triton's counts", scope: read }),
    versionStatistics: route('GET /models/:model/versions/:version/stats', { summary: 'What a version was asked', scope: read }),
    allStatistics: route('GET /models/stats', { summary: 'What all models were asked', scope: read }),
    repositoryIndex: route('POST /repository/index', { summary: 'The models that are served or could be', scope: read, safe: true }),
    repositoryLoad: route('POST /repository/models/:model/load', { summary: 'Load a model', scope: load, safe: true }),
    repositoryUnload: route('POST /repository/models/:model/unload', { summary: 'Take a model out of memory', scope: load, safe: true }),
  },
} as const;
