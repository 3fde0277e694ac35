import type { SourceRun } from '../source.ts';
import type { Bring } from './bring.ts';
import { bringFiles } from './bring-files.ts';

export type RunOutcome = 'brought' | 'here already' | 'incomplete';

/** Brings one run with all that belongs to it. Whatever of it is here already stays as it is. */
export async function bringRun(bring: Bring, run: SourceRun, experimentId: string): Promise<RunOutcome> {
  const { lab, report, done } = bring;
  if (bring.dryRun) return look(bring, run);
  const put = await lab.putRun(run, experimentId);
  const finished = !put.created && done.has('run', run.id, run.fingerprint);
  if (finished || (put.deleted && run.deleted)) {
    report.skipped('run', run.id, 'here already');
    return 'here already';
  }
  if (put.deleted) {
    report.skipped('run', run.id, 'here already, and deleted here');
    return 'here already';
  }
  const values = await bringMetrics(bring, run, experimentId, put.values);
  await lab.logLinks(run);
  const files = await bringFiles(bring, run, put.artifactUri);
  if (!files.whole) {
    report.failed('run', run.id, 'some of its files are missing');
    return 'incomplete';
  }
  done.add('run', run.id, run.fingerprint);
  if (!put.created && values === 0 && files.brought === 0) {
    report.skipped('run', run.id, 'here already');
    return 'here already';
  }
  report.brought('run', run.id);
  return 'brought';
}

/** Answers how many values are new. */
async function bringMetrics(
  { source, lab, report }: Bring,
  run: SourceRun,
  experimentId: string,
  there: ReadonlyMap<string, number>,
): Promise<number> {
  let sent = 0;
  for (const key of run.metricKeys) {
    const known = there.get(key) ?? 0;
    // A value is kept once, so where there are as many as there should be, all are there.
    if (known > 0 && (await source.countHistory(run, key)) === known) continue;
    for await (const batch of source.history(run, key)) {
      await lab.logMetrics(
        run.id,
        batch.map((measured) => ({ key, ...measured })),
      );
      report.values(batch.length);
      sent += batch.length;
    }
  }
  if (sent === 0) return 0;
  const before = sum(there.values());
  return before === 0 ? sent : sum((await lab.putRun(run, experimentId)).values.values()) - before;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, one) => total + one, 0);

async function look({ source, lab, report }: Bring, run: SourceRun): Promise<RunOutcome> {
  if (await lab.hasRun(run.id)) {
    report.skipped('run', run.id, 'here already');
    return 'here already';
  }
  for (const key of run.metricKeys) report.values((await source.countHistory(run, key)) ?? 0);
  for await (const found of source.files(run)) {
    if (!('value' in found)) report.skipped('file', `${run.id}/${found.id}`, found.problem);
    else {
      report.brought('file', `${run.id}/${found.value.path}`);
      report.bytes(found.value.size);
    }
  }
  report.brought('run', run.id);
  return 'brought';
}
