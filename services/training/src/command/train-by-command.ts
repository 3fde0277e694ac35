import { mkdtemp, mkdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { MetricResult, TrainingResult } from '@mlab/contracts/training-jobs';
import { AppError, type Clock } from '@mlab/kernel';
import type { Config } from '#/config.ts';
import type { CommandTraining, TrainByCommand } from '#/domain/command-training.ts';
import type { Recording } from '#/domain/recording.ts';
import { environmentOf, type Places } from './environment.ts';
import type { Executor } from './executor.ts';
import { findMadeModel } from './made-model.ts';

export interface CommandOptions {
  readonly config: Config;
  readonly recording: Recording;
  readonly executor: Executor;
  readonly clock: Clock;
  /** The environment of this process. */
  readonly machine: Readonly<Record<string, string | undefined>>;
}

/** Lets any program train: it finds its run, its data and its folder in its environment, and what it has logged is picked up. */
export function openTrainByCommand({ config, recording, executor, clock, machine }: CommandOptions): TrainByCommand {
  const options = { trackingUri: config.trackingUri, publicUrl: config.publicUrl, machine: executor.local ? machine : undefined };

  async function run({ job, trainer, dataset, line, signal }: CommandTraining, places: Places | undefined): Promise<void> {
    const limit = AbortSignal.timeout(trainer.timeoutSeconds * 1000);
    const tooLong = (cause?: unknown): AppError =>
      new AppError('invalid', `The command was ended after ${trainer.timeoutSeconds} s, which is all it may take.`, { cause });
    const program = {
      id: `mlab-${job.id}-${job.generation}`,
      command: trainer.command,
      env: environmentOf({ job, dataset }, options, places),
      memoryBytes: trainer.memoryMb * 1_048_576,
      cpus: config.commandCpus,
      image: undefined,
      seesToMemory: false,
    };
    const onLine = (text: string, stream: 'stdout' | 'stderr'): void => line(stream === 'stderr' ? 'warning' : 'info', text);
    try {
      const { succeeded, sentence } = await executor.run(program, { signal: AbortSignal.any([signal, limit]), onLine });
      signal.throwIfAborted();
      if (limit.aborted) throw tooLong();
      if (!succeeded) throw new AppError('invalid', `The command has failed. ${sentence}`);
    } catch (error) {
      if (limit.aborted && !signal.aborted && !AppError.is(error)) throw tooLong(error);
      throw error;
    }
  }

  /** The last one that it has logged by MLflow, or the file that it has left. */
  async function findModel(
    { job, call }: CommandTraining,
    places: Places | undefined,
  ): Promise<Pick<TrainingResult, 'modelId' | 'modelBytes' | 'modelSha256'>> {
    const { runId, modelId, spec } = job;
    const logged = (await recording.readRun(runId, call)).models.findLast((id) => id !== modelId);
    if (logged !== undefined) return { modelId: logged };
    const made = places === undefined ? undefined : await findMadeModel(places.output);
    if (made === undefined) {
      if (spec.model === undefined) return {};
      const how = places === undefined ? 'log one by MLflow' : 'log one by MLflow, or write model.onnx into the folder MLAB_OUTPUT';
      throw new AppError('invalid', `The command has ended well and left no model to register: ${how}.`);
    }
    const { bytes, sha256, signature } = made;
    const files = [{ path: 'model.onnx', contentType: 'application/octet-stream', bytes }];
    const order = { modelId, runId, name: spec.model ?? 'model', modelType: 'command', params: {}, tags: spec.tags, metrics: [] };
    await recording.putModel({ ...order, files, signature, createdMs: (job.startedAt ?? job.createdAt).getTime() }, call);
    return { modelId, modelBytes: bytes.length, modelSha256: sha256 };
  }

  async function train(training: CommandTraining, places: Places | undefined): Promise<TrainingResult> {
    const { job, dataset, call, line } = training;
    const { runId, spec } = job;
    const began = clock.monotonic();
    await run(training, places);
    const model = await findModel(training, places);
    const registered =
      spec.model === undefined || model.modelId === undefined
        ? undefined
        : await recording.registerVersion(
            {
              model: spec.model,
              source: `models:/${model.modelId}`,
              runId,
              description: `Made by a command from ${dataset.name}.`,
              tags: { ...spec.tags, 'mlab.job': job.id },
            },
            call,
          );
    if (registered !== undefined) line('info', `Registered as ${registered.model} version ${registered.version}.`);
    await recording.endRun(runId, { status: 'FINISHED', endMs: clock.now().getTime() }, call);
    const { metrics } = await recording.readRun(runId, call);
    return {
      runId,
      experiment: spec.experiment,
      ...model,
      ...registered,
      ...(spec.task === undefined ? {} : { task: spec.task }),
      trainer: 'command',
      metrics: metrics.flatMap(asResult),
      importance: [],
      warnings: model.modelId === undefined ? ['The command has left no model.'] : [],
      seconds: (clock.monotonic() - began) / 1000,
    };
  }

  return async (training) => {
    if (!executor.local) return train(training, undefined);
    const folder = await mkdtemp(join(tmpdir(), 'mlab-command-'));
    try {
      return await train(training, await openPlaces(folder, training));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** The dataset under its own name, for programs that go by it, and a folder to write to. */
async function openPlaces(folder: string, { dataset, path }: CommandTraining): Promise<Places> {
  const output = join(folder, 'output');
  const inputs = join(folder, 'input');
  for (const each of [output, inputs]) await mkdir(each);
  const name = basename(dataset.fileName.replaceAll('\\', '/')).replaceAll('\0', '');
  const link = join(inputs, name === '' || name === '.' || name === '..' ? 'data' : name);
  const made = await symlink(path, link).then(
    () => true,
    () => false,
  );
  return { dataset: made ? link : path, output };
}

/** What a metric is called says what is better, where nothing else does. */
const LESS_IS_BETTER = /(^|[^a-z])(loss|error|rmse|mae|mse|mape|rmsle|brier|pinball|deviance|nll|perplexity|inertia)([^a-z]|$)/i;

function asResult({ key, value }: { readonly key: string; readonly value: number }): readonly MetricResult[] {
  if (!Number.isFinite(value)) return [];
  return [{ name: key, value, better: LESS_IS_BETTER.test(key) ? 'lower' : 'higher' }];
}
