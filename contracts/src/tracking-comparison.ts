import { operation } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';

const Texts = Type.Record(Type.String(), Type.String(), { description: 'By the id of the run; one that has none is missing' });
const Latest = Type.Union([Type.Number(), Type.Unsafe<'NaN'>({ type: 'string', const: 'NaN' })], {
  description: 'A number, or the word NaN',
});

/** Of parameters and of tags: what all runs have with one value, and all else. */
const ComparedTexts = Type.Object(
  {
    differ: Type.Array(Type.Object({ key: Type.String(), values: Texts })),
    same: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })),
  },
  { title: 'ComparedTexts' },
);

const ComparedNumbers = Type.Object(
  {
    differ: Type.Array(
      Type.Object({ key: Type.String(), values: Type.Record(Type.String(), Latest, { description: 'By the id of the run' }) }),
    ),
    same: Type.Array(Type.Object({ key: Type.String(), value: Latest })),
  },
  { title: 'ComparedNumbers' },
);

const ComparedRun = Type.Object(
  {
    id: Type.String(),
    experimentId: Type.String(),
    name: Type.String(),
    userId: Type.String(),
    status: Type.String(),
    lifecycleStage: Type.String(),
    startTime: Type.Integer({ description: 'In milliseconds since 1970' }),
    endTime: Type.Optional(Type.Integer({ description: 'In milliseconds since 1970' })),
  },
  { title: 'ComparedRun' },
);

const Curve = Type.Object(
  {
    runId: Type.String(),
    total: Type.Integer({ description: 'How many values it has in all' }),
    steps: Type.Array(Type.Integer()),
    times: Type.Array(Type.Integer(), { description: "Milliseconds since the run's start" }),
    values: Type.Array(Type.Unsafe<number | null>({ type: ['number', 'null'] }), { description: 'null where it was NaN' }),
  },
  { title: 'Curve' },
);
export type Curve = Static<typeof Curve>;

const Comparison = Type.Object(
  {
    runs: Type.Array(ComparedRun, { description: 'In the order in which they were asked for' }),
    params: ComparedTexts,
    tags: ComparedTexts,
    metrics: Type.Unsafe<Static<typeof ComparedNumbers>>({ ...ComparedNumbers, description: 'Their latest values' }),
    align: Type.Unsafe<'step' | 'time'>({ type: 'string', enum: ['step', 'time'], description: 'What the curves are ordered by' }),
    curves: Type.Array(
      Type.Object({
        metric: Type.String(),
        runs: Type.Array(Curve, { description: 'Of the runs that have the metric; three columns of one length each' }),
      }),
    ),
  },
  { title: 'Comparison' },
);
export type Comparison = Static<typeof Comparison>;

export const compareRuns = operation('GET /compare', {
  summary: 'Compare runs',
  description:
    'What differs between runs and what is the same, and their metrics as curves. Of a curve that is longer than `points` each of so many equal parts keeps its least and its greatest value, so that no peak is lost, and whether it was NaN there; the first and the last value are always there.',
  scope: 'tracking:read',
  input: Type.Object({
    run: Type.Array(Type.String(), { minItems: 1, maxItems: 100, description: 'Ids of runs, one `run=` each' }),
    metric: Type.Optional(
      Type.Array(Type.String(), {
        maxItems: 50,
        description: 'Metrics to be drawn, one `metric=` each; absent: the first six of those that most of the runs have',
      }),
    ),
    align: Type.Unsafe<'step' | 'time'>({
      type: 'string',
      enum: ['step', 'time'],
      default: 'step',
      description: "By step, or by the time since each run's start",
    }),
    points: Type.Integer({ default: 200, minimum: 10, maximum: 10_000, description: 'Most points of one curve' }),
  }),
  output: Comparison,
});
