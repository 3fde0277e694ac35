import { integerField, listField, textField } from '../http/fields.ts';
import type { SourceRegisteredModel, SourceVersion } from '../source.ts';
import type { Bring } from './bring.ts';
import { guarded } from './guarded.ts';
import { sourceHere, type SourceHere } from './source-here.ts';

/** Brings a registered model: its versions under their numbers, then its aliases. What is here already stays as it is. */
export async function bringRegisteredModel(bring: Bring, whole: SourceRegisteredModel): Promise<void> {
  const { lab, report, dryRun } = bring;
  const { name } = whole;
  const model = bring.experiments.length === 0 ? whole : await ofChosen(bring, whole);
  if (model === undefined) return report.skipped('registered model', name, 'it has no version of the chosen experiments');
  const here = await lab.registeredModel(name);
  if (here === undefined && !dryRun) await lab.createRegisteredModel(name, model.description, model.tags);
  if (here === undefined) report.brought('registered model', name);
  else report.skipped('registered model', name, 'here already: versions and aliases that it lacks were added to it');
  for (const version of model.versions) {
    const id = `${name} ${version.version}`;
    await guarded(bring, 'version', id, async () => {
      const source = sourceHere(version);
      const known = here === undefined ? undefined : await lab.version(name, version.version);
      if (known !== undefined) {
        if (textField(known, 'source') !== source.source)
          throw new Error(`there is a version of this number here already, made from ${textField(known, 'source') ?? '?'}`);
        return report.skipped('version', id, 'here already');
      }
      if (!dryRun) await bringVersion(bring, name, version, source);
      report.brought('version', id);
    });
  }
  const aliases = new Map(listField(here ?? {}, 'aliases').map((one) => [textField(one, 'alias'), integerField(one, 'version')]));
  for (const { alias, version } of model.aliases) {
    const id = `${name}@${alias}`;
    await guarded(bring, 'alias', id, async () => {
      const known = aliases.get(alias);
      if (known === version) return report.skipped('alias', id, 'here already');
      if (known !== undefined) throw new Error(`it names version ${known} here and ${version} there`);
      if (!dryRun) await lab.setAlias(name, alias, version);
      report.brought('alias', id);
    });
  }
}

/** What of a model was made by runs that are here; undefined when that is nothing. */
async function ofChosen({ lab }: Bring, model: SourceRegisteredModel): Promise<SourceRegisteredModel | undefined> {
  const versions: SourceVersion[] = [];
  for (const version of model.versions) {
    const { runId, modelId } = version;
    const isHere = (runId !== undefined && (await lab.hasRun(runId))) || (modelId !== undefined && (await lab.hasLoggedModel(modelId)));
    if (isHere) versions.push(version);
  }
  const numbers = new Set(versions.map(({ version }) => version));
  return versions.length === 0 ? undefined : { ...model, versions, aliases: model.aliases.filter(({ version }) => numbers.has(version)) };
}

/**
 * Numbers are given in order and never twice, and versions that were deleted there have left gaps: they are filled with versions that are
 * deleted at once.
 */
async function bringVersion({ lab, signal }: Bring, name: string, version: SourceVersion, source: SourceHere): Promise<void> {
  const { description, runLink, tags, stage } = version;
  for (let last = 0; ;) {
    signal.throwIfAborted();
    const given = await lab.createVersion({ name, ...source, description, run_link: runLink || undefined, tags });
    if (given === version.version) break;
    await lab.deleteVersion(name, given);
    if (given <= last) throw new Error(`the numbers that versions get do not rise: ${given} came after ${last}`);
    last = given;
    if (given > version.version) throw new Error(`its number was given here already: the next one is ${given}`);
  }
  if (stage !== 'None' && stage !== '') await lab.moveToStage(name, version.version, stage);
}
