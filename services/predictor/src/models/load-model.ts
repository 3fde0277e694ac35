import type { Version } from '@mlab/contracts/registry-schemas';
import type { tracking } from '@mlab/contracts/tracking';
import { AppError, type CallMeta, type ClientOf, type Clock } from '@mlab/kernel';
import type { Scorer, ScorerOptions } from '@mlab/onnx';
import type { Config } from '#/config.ts';
import { exampleColumns } from '#/domain/example-columns.ts';
import { AnsweringModel } from '#/models/answering-model.ts';
import { fetchModel, type FetchedModel } from '#/models/fetch-model.ts';
import { Quarantine } from '#/models/quarantine.ts';
import type { VersionTally } from '#/models/tally.ts';

export interface LoadDeps {
  readonly tracking: ClientOf<typeof tracking>;
  readonly config: Config;
  readonly clock: Clock;
  /** Reads a file elsewhere than where questions are answered. */
  readonly read: NonNullable<ScorerOptions['read']>;
}

/** Brings a version's file, opens it, and asks it once, so that what takes its time the first time has taken it. */
export async function loadModel(
  { tracking, config, clock, read }: LoadDeps,
  version: Version,
  tally: VersionTally,
  call: CallMeta & { readonly onQuarantine: (ms: number) => void },
): Promise<AnsweringModel> {
  const file = await fetchModel(tracking, version, config, call);
  const quarantine = new Quarantine(config.quarantine, clock, call.onQuarantine);
  const scorer = await openFile(file, {
    read,
    isolation: config.isolation,
    memoryMb: config.ortMemoryMb,
    onLost: () => quarantine.died(),
    timeoutMs: config.answerTimeoutMs,
    loadTimeoutMs: config.loadTimeoutMs,
    maxWaiting: config.maxConcurrent,
    maxBatchRows: config.maxBatchRows,
    maxOutputBytes: MOST_OUTPUT_BYTES,
  });
  try {
    await warm(scorer, file, call);
  } catch (error) {
    await scorer[Symbol.asyncDispose]();
    throw asItsOwnFault(error);
  }
  return new AnsweringModel({ version, file, scorer, quarantine, tally, clock, config });
}

/** A network of more bytes takes too long for the loop that answers, and ONNX Runtime computes it faster. Trees are quick whatever their size. */
const LARGE_NETWORK_BYTES = 8_388_608;

/** What has more outputs is asked anew in the thread for large questions: here it would be read and written in one piece. */
const MOST_OUTPUT_BYTES = 262_144;

/** ONNX is only loaded where a model is. */
async function openFile({ bytes }: FetchedModel, options: ScorerOptions & Pick<LoadDeps, 'read'>): Promise<Scorer> {
  const { openScorer } = await import('@mlab/onnx');
  try {
    const model = await options.read(bytes);
    const isLarge = bytes.length > LARGE_NETWORK_BYTES && model.graph.nodes.every(({ prepared }) => prepared === undefined);
    const scorer = await openScorer(bytes, { ...options, read: () => Promise.resolve(model), compile: !isLarge });
    return isLarge ? { ...scorer, reason: 'it is large, and ONNX Runtime computes it faster' } : scorer;
  } catch (error) {
    throw asItsOwnFault(error);
  }
}

/** What a file does when it is opened it will do again: nobody else is to blame. */
const asItsOwnFault = (error: unknown): unknown => (AppError.is(error) ? new AppError('conflict', error.message, { cause: error }) : error);

/** A model that refuses rows which are made up may still answer others. */
async function warm(scorer: Scorer, { example }: FetchedModel, { signal }: CallMeta): Promise<void> {
  for (const columns of exampleColumns(scorer.inputs, example)) {
    try {
      await scorer.score(columns, { signal });
      return;
    } catch (error) {
      if (!AppError.is(error, 'invalid')) throw error;
    }
  }
}
