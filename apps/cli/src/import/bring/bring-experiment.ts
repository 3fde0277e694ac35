import type { Found, SourceExperiment, SourceLoggedModel, SourceRun } from '../source.ts';
import { ofModel } from '../lab/lab.ts';
import type { Kind } from '../progress/told.ts';
import type { Bring } from './bring.ts';
import { bringLoggedModel } from './bring-logged-model.ts';
import { bringRun } from './bring-run.ts';
import { guarded, withEach } from './guarded.ts';

const RUNS_AT_ONCE = 4;

/** Brings an experiment with its runs and its logged models. What is deleted there is deleted here once it is whole. */
export async function bringExperiment(bring: Bring, experiment: SourceExperiment): Promise<void> {
  const { source, lab, report, dryRun } = bring;
  const here = await lab.experiment(experiment.name);
  if (here?.deleted === true) {
    if (experiment.deleted) return report.skipped('experiment', experiment.name, 'here already, and deleted');
    throw new Error('it is deleted here: restore it, or have it removed for good, and bring it then');
  }
  const count = await source.countRuns(experiment);
  if (count !== undefined) report.expect(count);
  const id = here?.id ?? (dryRun ? '' : await lab.createExperiment(experiment.name, experiment.tags));
  let whole = true;
  const each =
    <T extends { readonly id: string }>(kind: Kind, bringOne: (one: T) => Promise<boolean>) =>
    async (found: Found<T>) => {
      if ('value' in found) {
        const succeeded = await guarded(bring, kind, found.value.id, async () => {
          if (!(await bringOne(found.value))) whole = false;
        });
        whole &&= succeeded;
      } else {
        whole = false;
        report.failed(kind, found.id, found.problem);
      }
    };
  const models: SourceLoggedModel[] = [];
  const deletedRuns: SourceRun[] = [];
  const takeModel = each<SourceLoggedModel>('logged model', async (model) => {
    models.push(model);
    return bringLoggedModel(bring, model, id);
  });
  const takeRun = each<SourceRun>('run', async (run) => {
    const outcome = await bringRun(bring, run, id);
    if (run.deleted && outcome === 'brought') deletedRuns.push(run);
    return outcome !== 'incomplete';
  });
  await withEach(source.loggedModels(experiment), 1, takeModel);
  await withEach(source.runs(experiment), RUNS_AT_ONCE, takeRun);
  if (!dryRun) {
    for (const model of models) if (!(await guarded(bring, 'logged model', model.id, () => bringModelMetrics(bring, model)))) whole = false;
    for (const run of deletedRuns) await guarded(bring, 'run', run.id, async () => void (await lab.deleteRun(run.id)));
    for (const model of models)
      if (model.deleted) await guarded(bring, 'logged model', model.id, async () => void (await lab.deleteLoggedModel(model.id)));
    if (experiment.deleted && whole) await lab.deleteExperiment(id);
  }
  if (here === undefined) report.brought('experiment', experiment.name);
  else report.skipped('experiment', experiment.name, 'here already: what it holds was added to it');
}

/** They belong to runs as well, and come when these are there. */
async function bringModelMetrics({ source, lab, report, done }: Bring, model: SourceLoggedModel): Promise<void> {
  if (done.has('metrics of model', model.id, model.fingerprint)) return;
  for await (const batch of source.modelMetrics(model)) {
    for (const [runId, metrics] of Map.groupBy(batch, (one) => one.runId)) {
      await lab.logMetrics(
        runId,
        metrics.map((one) => ofModel(model.id, one)),
      );
      report.values(metrics.length);
    }
  }
  done.add('metrics of model', model.id, model.fingerprint);
}
