import type { SourceLoggedModel } from '../source.ts';
import type { Bring } from './bring.ts';
import { bringFiles } from './bring-files.ts';

/** Brings a model of MLflow 3 with its files; its metrics follow when its runs are here. Answers whether it is whole. */
export async function bringLoggedModel(bring: Bring, model: SourceLoggedModel, experimentId: string): Promise<boolean> {
  const { lab, report, done, source } = bring;
  if (bring.dryRun) {
    if (await lab.hasLoggedModel(model.id)) report.skipped('logged model', model.id, 'here already');
    else {
      for await (const found of source.files(model)) {
        if (!('value' in found)) continue;
        report.brought('file', `${model.id}/${found.value.path}`);
        report.bytes(found.value.size);
      }
      report.brought('logged model', model.id);
    }
    return true;
  }
  const put = await lab.putLoggedModel(model, experimentId);
  if (put.deleted || (!put.created && done.has('logged model', model.id, model.fingerprint))) {
    report.skipped('logged model', model.id, put.deleted && !model.deleted ? 'here already, and deleted here' : 'here already');
    return true;
  }
  const files = await bringFiles(bring, model, put.artifactUri);
  if (!files.whole) {
    report.failed('logged model', model.id, 'some of its files are missing');
    return false;
  }
  done.add('logged model', model.id, model.fingerprint);
  if (put.created || files.brought > 0) report.brought('logged model', model.id);
  else report.skipped('logged model', model.id, 'here already');
  return true;
}
