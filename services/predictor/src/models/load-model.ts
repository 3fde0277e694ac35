import type { Version } from '@mlab/contracts/registry-schemas';
import type { tracking } from '@mlab/contracts/tracking';
import { AppError, type CallMeta, type ClientOf, type Clock } from '@mlab/kernel';
import type { Scorer } from '@mlab/onnx';
import type { Config } from '#/config.ts';
import { exampleColumns } from '#/domain/example-columns.ts';
import { AnsweringModel } from '#/models/answering-model.ts';
import { fetchModel, type FetchedModel } from '#/models/fetch-model.ts';
import type { VersionTally } from '#/models/tally.ts';

export interface LoadDeps {
  readonly tracking: ClientOf<typeof tracking>;
  readonly config: Config;
  readonly clock: Clock;
}

/** Brings a version's file, opens it, and asks it once, so that what takes its time the first time has taken it. */
export async function loadModel(
  { tracking, config, clock }: LoadDeps,
  version: Version,
  tally: VersionTally,
  call: CallMeta & { readonly onQuarantine: (ms: number) => void },
): Promise<AnsweringModel> {
  const file = await fetchModel(tracking, version, config, call);
  const scorer = await openFile(file, config);
  try {
    await warm(scorer, file, call);
  } catch (error) {
    await scorer[Symbol.asyncDispose]();
    throw error;
  }
  const { model, version: number, signature } = version;
  const { maxConcurrent, maxWaiting, quarantine } = config;
  return new AnsweringModel({
    model,
    version: number,
    file,
    scorer,
    memoryBytes: memoryOf(scorer, file),
    signature,
    tally,
    clock,
    maxConcurrent,
    maxWaiting,
    quarantine,
    onQuarantine: call.onQuarantine,
  });
}

/** ONNX is only loaded where a model is. */
async function openFile({ bytes }: FetchedModel, config: Config): Promise<Scorer> {
  const { openScorer } = await import('@mlab/onnx');
  try {
    return await openScorer(bytes, {
      timeoutMs: config.answerTimeoutMs,
      loadTimeoutMs: config.loadTimeoutMs,
      maxWaiting: config.maxConcurrent,
      maxBatchRows: config.maxBatchRows,
    });
  } catch (error) {
    if (AppError.is(error, 'invalid')) throw new AppError('conflict', error.message, { cause: error });
    throw error;
  }
}

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

/** What the arrays of compiled trees take of a byte of their file, and what ONNX Runtime and its worker take. */
const COMPILED_PER_BYTE = 3;
const ORT_PER_BYTE = 3;
const ORT_BYTES = 33_554_432;

const memoryOf = ({ backend }: Scorer, { bytes }: FetchedModel): number =>
  backend === 'compiled' ? bytes.length * (1 + COMPILED_PER_BYTE) : bytes.length * (1 + ORT_PER_BYTE) + ORT_BYTES;
