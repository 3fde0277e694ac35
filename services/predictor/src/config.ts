import { schema } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';

const settings = Type.Object({
  defaultAlias: Type.String({
    default: 'champion',
    description: 'The alias that answers who names neither alias nor version, where the model has it; else its newest version does',
  }),
  refreshMs: Type.Integer({
    default: 2000,
    minimum: 100,
    maximum: 3_600_000,
    description: 'How long what the registry said counts, in milliseconds; then it is asked anew behind the answers',
  }),
  requireDigests: Type.Boolean({
    default: true,
    description: 'Whether a version whose files the registry knows no SHA-256 of is refused',
  }),
  maxModelBytes: Type.Integer({ default: 268_435_456, minimum: 1, description: 'Most bytes of the file of a model' }),
  maxMemoryBytes: Type.Integer({
    default: 536_870_912,
    minimum: 1,
    description: 'Most memory that models are reckoned to take; who was not asked for longest leaves first',
  }),
  maxModels: Type.Integer({ default: 100, minimum: 1, maximum: 10_000, description: 'Most versions in memory' }),
  loadTimeoutMs: Type.Integer({ default: 60_000, minimum: 100, description: 'How long it may take to load a version, in milliseconds' }),
  retryMs: Type.Integer({
    default: 5000,
    minimum: 0,
    description:
      'How long a version that could not be loaded is not tried again, in milliseconds; twice as long each time, up to 5 minutes',
  }),
  maxConcurrent: Type.Integer({ default: 64, minimum: 1, description: 'How many questions to one version are answered at once' }),
  maxWaiting: Type.Integer({ default: 256, minimum: 0, description: 'How many more may wait; others are refused: 503' }),
  isolation: Type.Union([Type.Literal('process'), Type.Literal('thread')], {
    default: 'process',
    description:
      'Where ONNX Runtime computes what has no compiled form: a process for each such model, so that a fault of the native library ends nothing else, or a thread, which takes less memory',
  }),
  readerMemoryMb: Type.Integer({ default: 1024, minimum: 64, description: 'Most memory for reading the file of a model, in MiB' }),
  ortMemoryMb: Type.Integer({
    default: 2048,
    minimum: 64,
    description:
      'Most memory that the process of a model may really take in which ONNX Runtime computes, in MiB; one that takes more is ended. Not with the isolation thread',
  }),
  answerTimeoutMs: Type.Integer({
    default: 30_000,
    minimum: 10,
    description: 'How long ONNX Runtime may compute one answer, in milliseconds; then its worker is ended',
  }),
  maxBatchRows: Type.Integer({
    default: 1024,
    minimum: 1,
    description: 'How many rows of questions that wait for ONNX Runtime are computed together at most; 1: none',
  }),
  large: Type.Object(
    {
      fromBytes: Type.Integer({
        default: 262_144,
        minimum: 1024,
        description:
          'From so many bytes on a question is read, computed and its answer written in a process beside the one that answers all others',
      }),
      memoryMb: Type.Integer({
        default: 2048,
        minimum: 64,
        description:
          'Most memory of that process for what it has read, in MiB, bytes not counted; a question that needs more is refused: 413',
      }),
      maxWaitingBytes: Type.Integer({
        default: 268_435_456,
        minimum: 1,
        description: 'How many bytes of such questions may be waited for at once; others are refused: 503',
      }),
    },
    { default: {} },
  ),
  quarantine: Type.Object(
    {
      failures: Type.Integer({
        default: 3,
        minimum: 1,
        description: 'A version whose worker dies or stalls so often is not asked for a while',
      }),
      withinMs: Type.Integer({ default: 60_000, minimum: 1, description: '… within so many milliseconds' }),
      ms: Type.Integer({
        default: 10_000,
        minimum: 1,
        description: 'How long the first time, in milliseconds; twice as long each further time, up to 10 minutes',
      }),
    },
    { default: {} },
  ),
});

export type Config = Static<typeof settings>;

/** Set as `MLAB_PREDICTOR_…`. The demo model has nothing to set. */
export const config = schema(settings);
