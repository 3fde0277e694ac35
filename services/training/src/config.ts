import { schema } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';
import { commandSettings } from '#/command/settings.ts';

const settings = Type.Object({
  dataRoot: Type.String({
    default: '',
    description: 'Folder whose files may be learnt from where they lie; empty: only what is uploaded may',
  }),
  uploadMaxBytes: Type.Integer({ default: 2_147_483_648, minimum: 1, description: 'Most bytes of a file that is uploaded' }),
  maxPlainBytes: Type.Integer({ default: 8_589_934_592, minimum: 1, description: 'Most bytes that a compressed file may hold' }),
  maxCells: Type.Integer({ default: 200_000_000, minimum: 1, description: 'Most values of a table, which are rows × columns' }),
  maxColumns: Type.Integer({ default: 20_000, minimum: 1, maximum: 100_000, description: 'Most columns of a file' }),
  jobsAtOnce: Type.Integer({
    default: 2,
    minimum: 1,
    maximum: 4,
    description: 'How many jobs and trials of studies one process trains at once; others wait',
  }),
  threads: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 64,
    description: 'Threads that one trainer may use besides its own; 0: one less than the machine has processors, and 3 at most',
  }),
  memoryMb: Type.Integer({
    default: 2048,
    minimum: 64,
    description: 'Most memory for the JavaScript objects of a training thread, in MiB; a job that needs more fails, and nothing else does',
  }),
  readerMemoryMb: Type.Integer({ default: 1024, minimum: 64, description: 'Most memory for reading a file, in MiB' }),
  graceMs: Type.Integer({
    default: 5000,
    minimum: 0,
    maximum: 60_000,
    description: 'How long a job that was cancelled may take to end by itself, in milliseconds',
  }),
  checkpointMs: Type.Integer({
    default: 5000,
    minimum: 0,
    description: 'How often a job keeps a state that another process can go on from, in milliseconds',
  }),
  eventMs: Type.Integer({
    default: 2000,
    minimum: 0,
    description: 'Least time between two events about the progress of a job, in milliseconds',
  }),
  progressMs: Type.Integer({
    default: 250,
    minimum: 0,
    maximum: 10_000,
    description: 'Least time between two writings of how far a job is, and of the metrics of its iterations, in milliseconds',
  }),
  logPollMs: Type.Integer({
    default: 250,
    minimum: 10,
    maximum: 10_000,
    description: 'How often those who listen to a job are told what is new, in milliseconds',
  }),
  logLines: Type.Integer({ default: 10_000, minimum: 1, maximum: 1_000_000, description: 'Most lines that are kept of one job' }),
  ...commandSettings,
});

export type Config = Static<typeof settings>;

/** Set as `MLAB_TRAINING_…`. */
export const config = schema(settings);
