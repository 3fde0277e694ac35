import { CliError, messageOf, usageError } from '../cli-error.ts';
import { Hopeless, type Bring } from './bring/bring.ts';
import { bringExperiment } from './bring/bring-experiment.ts';
import { bringRegisteredModel } from './bring/bring-registered-model.ts';
import { guarded } from './bring/guarded.ts';
import type { SourceExperiment } from './source.ts';

export interface Ended {
  readonly interrupted: boolean;
  /** Why it ended before its end. */
  readonly stopped: string | undefined;
}

/** Brings everything, one experiment after the other, and then the registered models, which name runs. */
export async function runImport(bring: Bring): Promise<Ended> {
  const { source, report, signal } = bring;
  try {
    for (const experiment of await chosenExperiments(bring))
      await guarded(bring, 'experiment', experiment.name, () => bringExperiment(bring, experiment));
    for await (const found of source.registeredModels()) {
      if ('value' in found) await guarded(bring, 'registered model', found.value.name, () => bringRegisteredModel(bring, found.value));
      else report.failed('registered model', found.id, found.problem);
    }
  } catch (error) {
    if (signal.aborted) return { interrupted: true, stopped: undefined };
    if (error instanceof Hopeless) return { interrupted: false, stopped: error.message };
    if (error instanceof CliError) throw error;
    return { interrupted: false, stopped: messageOf(error) };
  }
  return { interrupted: signal.aborted, stopped: undefined };
}

async function chosenExperiments({ source, report, experiments: names }: Bring): Promise<readonly SourceExperiment[]> {
  const all: SourceExperiment[] = [];
  for await (const found of source.experiments()) {
    if ('value' in found) all.push(found.value);
    else report.failed('experiment', found.id, found.problem);
  }
  const missing = names.filter((name) => !all.some((one) => one.name === name));
  if (missing.length > 0)
    throw usageError(
      `${source.name} has no experiment "${missing.join('", "')}"; it has ${all.map(({ name }) => name).join(', ') || 'none'}.`,
    );
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}
