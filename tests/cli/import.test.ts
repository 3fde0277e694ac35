import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { command } from '../../apps/cli/src/commands/import.ts';
import { repository, testCli } from './cli-for-test.ts';
import { everythingIn, importInto, startImportLab, type ImportEnd, type ImportLab, type Json } from './lab-for-import.ts';

const FIXTURE = join(repository, 'compat', 'mlflow', 'mlruns', 'mlruns');
const CHURN = join(FIXTURE, '526516200350476333');
const FOREST = '4ecf75b1f28b42f0bc17fc31526f40cc';
const GONE = '3caddaad48514ef4ac29eff7ed9bf20d';
const RUNNING = '1973490cdcdc4d4bbf0aca7690ddb7f9';
const TRASHED = '3e58d8b96132457b88cdf4ef785c9e51';
const MODEL = 'm-8e5d1adcff344ff4881acac224f86f8f';

const stack = new AsyncDisposableStack();
const scratch = mkdtempSync(join(tmpdir(), 'mlab-mlruns-'));
stack.defer(() => rmSync(scratch, { recursive: true, force: true }));
/** Filled from the folder. */
let first: ImportLab;
/** Filled from the first one, as from any MLflow server. */
let second: ImportLab;

before(async () => {
  [first, second] = (await Promise.all([startImportLab(), startImportLab()])).map((lab) => stack.use(lab)) as [ImportLab, ImportLab];
});
after(() => stack.disposeAsync());

const counts = ({ summary }: ImportEnd, outcome: string): object =>
  Object.fromEntries(Object.entries(summary.counts).map(([kind, of]) => [kind, (of as Record<string, number>)[outcome]]));

test('a dry run says what would be brought, and brings nothing', async () => {
  const end = await importInto(first, FIXTURE, { dryRun: true });
  assert.ok(end.complete);
  const expected = { experiment: 2, run: 4, file: 5, 'logged model': 1, 'registered model': 2, version: 2, alias: 1 };
  assert.deepEqual(counts(end, 'brought'), expected);
  assert.equal(end.summary.values, 19);
  const { experiments } = await first.post('experiments/search', { max_results: 10 });
  assert.deepEqual(
    (experiments as Json[]).map(({ name }) => name as string),
    ['Default'],
  );
  assert.ok(!existsSync(join(first.home, 'imports')));
});

test('a folder of MLflow comes whole: ids, times, parameters, tags, histories, files, datasets, models, versions and aliases', async () => {
  const end = await importInto(first, FIXTURE);
  assert.deepEqual(Object.values(counts(end, 'failed')), [0, 0, 0, 0, 0, 0, 0]);
  assert.ok(end.complete);
  const { experiment } = await first.get('experiments/get-by-name?experiment_name=churn%3A%20a%20study');
  const tags = Object.fromEntries((experiment.tags as Json[]).map(({ key, value }) => [key as string, value as string]));
  assert.equal(tags['mlflow.note.content'], readFileSync(join(CHURN, 'tags', 'mlflow.note.content'), 'utf8'));

  const { run } = await first.get(`runs/get?run_id=${FOREST}`);
  const { experiment_id: _experiment, artifact_uri: _uri, ...info } = run.info;
  assert.deepEqual(info, {
    run_uuid: FOREST,
    run_id: FOREST,
    run_name: "forest: the 'first'",
    user_id: 'ann',
    status: 'FINISHED',
    start_time: 1_700_000_000_000,
    end_time: 1_700_000_001_000,
    lifecycle_stage: 'active',
  });
  assert.deepEqual(run.data.params, [
    { key: 'depth', value: '3' },
    { key: 'group/lr', value: '0.1' },
    { key: 'text', value: 'line one\nline two' },
  ]);
  const { metrics } = await first.get(`metrics/get-history?run_id=${FOREST}&metric_key=loss`);
  assert.deepEqual(
    metrics,
    Array.from({ length: 12 }, (_, step) => ({ key: 'loss', value: 1 / (step + 1), timestamp: 1_700_000_000_000 + step, step })),
  );
  const latest = Object.fromEntries((run.data.metrics as Json[]).map(({ key, value }) => [key as string, value as unknown]));
  assert.deepEqual(latest, { f1: 0.9, inf: Number.MAX_VALUE, loss: 1 / 12, nan: 'NaN', tiny: 1e-300, 'val/auc': 0.75 });
  assert.equal(run.inputs.dataset_inputs[0].dataset.digest, 'b2892d90');
  assert.deepEqual(run.inputs.dataset_inputs[0].tags, [{ key: 'mlflow.data.context', value: 'training' }]);
  assert.deepEqual(run.outputs.model_outputs, [{ model_id: MODEL, step: 7 }]);
  assert.equal(await first.file(FOREST, 'notes/hello.txt'), 'hello\n');
  assert.equal(await first.file(FOREST, 'deep/er/data with space ü.json'), '{}');

  const { model } = await first.get(`logged-models/${MODEL}`);
  assert.deepEqual([model.info.name, model.info.status, model.info.source_run_id], ['model', 'LOGGED_MODEL_READY', FOREST]);
  assert.deepEqual(model.data.metrics[0], {
    key: 'f1',
    value: 0.9,
    timestamp: 1_700_000_000_200,
    step: 3,
    model_id: MODEL,
    run_id: FOREST,
    dataset_name: 'train',
    dataset_digest: 'b2892d90',
  });
  const statuses = await Promise.all([GONE, RUNNING, TRASHED].map(async (id) => (await first.get(`runs/get?run_id=${id}`)).run.info));
  assert.deepEqual(
    statuses.map(({ status, lifecycle_stage }) => `${status} ${lifecycle_stage}`),
    ['FAILED deleted', 'RUNNING active', 'RUNNING deleted'],
  );

  const { registered_model } = await first.get('registered-models/get?name=churn-model');
  assert.deepEqual([registered_model.description, registered_model.aliases], ['The model of churn', [{ alias: 'champion', version: '1' }]]);
  const { model_versions } = await first.get('model-versions/search');
  assert.deepEqual(
    (model_versions as Json[]).map(({ version, source, current_stage }) => `${version} ${source} ${current_stage}`).toSorted(),
    [`1 models:/${MODEL} None`, `3 runs:/${FOREST}/notes Staging`],
  );
});

test('what is here already is skipped, whether it is remembered or looked at again', async () => {
  for (const verify of [false, true]) {
    const end = await importInto(first, FIXTURE, { verify });
    assert.ok(end.complete);
    assert.deepEqual(Object.values(counts(end, 'brought')), [0, 0, 0, 0, 0, 0, 0]);
    assert.equal(end.items.get(`run ${FOREST}`), 'skipped: here already');
  }
});

test('another server brings the same to another lab, and that is the same in everything', async () => {
  const end = await importInto(second, `${first.url}/mlflow`);
  assert.ok(end.complete, end.out);
  assert.deepEqual(await everythingIn(second), await everythingIn(first));
  const again = await importInto(second, `${first.url}/mlflow/`);
  assert.deepEqual(Object.values(counts(again, 'brought')), [0, 0, 0, 0, 0, 0, 0]);
});

test('what is here with other content stays as it is and is told, and the others come', async () => {
  await second.post('runs/set-tag', { run_id: RUNNING, key: 'mine', value: 'x' });
  await second.post('registered-models/alias', { name: 'churn-model', alias: 'champion', version: '3' });
  const end = await importInto(second, `${first.url}/mlflow`);
  assert.ok(!end.complete);
  assert.equal(end.items.get(`run ${RUNNING}`), `failed: The run ${RUNNING} is here already with other content: tags differ: mine.`);
  assert.equal(end.items.get('alias churn-model@champion'), 'failed: it names version 3 here and 1 there');
  assert.equal(end.items.get(`run ${FOREST}`), 'skipped: here already');
});

test('nothing in a folder leads out of it, and what is broken does not hold up the rest', async () => {
  const folder = join(scratch, 'hostile');
  cpSync(CHURN, join(folder, '1'), { recursive: true });
  const meta = readFileSync(join(CHURN, 'meta.yaml'), 'utf8').replace('churn: a study', 'hostile');
  writeFileSync(join(folder, '1', 'meta.yaml'), meta);
  const secret = join(scratch, 'secret.txt');
  writeFileSync(secret, 'secret');
  const copyOf = (id: string, change: (meta: string) => string = (text) => text): string => {
    const run = join(folder, '1', id);
    cpSync(join(CHURN, RUNNING), run, { recursive: true });
    writeFileSync(join(run, 'meta.yaml'), change(readFileSync(join(run, 'meta.yaml'), 'utf8').replaceAll(RUNNING, id)));
    return run;
  };
  for (const one of [FOREST, GONE, RUNNING]) rmSync(join(folder, '1', one), { recursive: true });
  rmSync(join(folder, '1', 'models'), { recursive: true });
  const id = (n: number): string => String(n).padStart(32, 'f');
  const linked = join(copyOf(id(1)), 'artifacts');
  mkdirSync(linked, { recursive: true });
  symlinkSync(secret, join(linked, 'file.txt'));
  symlinkSync(scratch, join(linked, 'folder'));
  writeFileSync(join(linked, 'honest.txt'), 'honest');
  mkdirSync(join(copyOf(id(2)), 'params'), { recursive: true });
  symlinkSync(secret, join(folder, '1', id(2), 'params', 'stolen'));
  copyOf(id(3), (text) => text.replace(/artifact_uri: .*/, `artifact_uri: file://${scratch}`));
  copyOf(id(4), (text) => text.replace(/artifact_uri: .*/, `artifact_uri: file://${folder}/../..`));
  copyOf(id(5), (text) => text.replace(/status: .*/, 'status: 9'));
  copyOf(id(6), () => 'run_id: [*a');
  copyOf(id(7), (text) => `${text}a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n`);
  copyOf(id(8), (text) => text.replace(/run_id: .*/, 'run_id: ../../../escape'));
  mkdirSync(join(copyOf(id(9)), 'metrics'), { recursive: true });
  writeFileSync(join(folder, '1', id(9), 'metrics', 'm'), '1 2 3\n1 many 3\n');
  symlinkSync(join(CHURN, FOREST), join(folder, '1', id(10)));
  copyOf(id(11));

  const end = await importInto(first, folder);
  assert.ok(!end.complete);
  const said = (n: number): string => end.items.get(`run ${id(n)}`) ?? 'nothing';
  assert.equal(said(1), 'brought');
  assert.equal(end.items.get(`file ${id(1)}/file.txt`), 'skipped: it is a link, and links are not followed');
  assert.equal(end.items.get(`file ${id(1)}/folder`), 'skipped: it is a link, and links are not followed');
  assert.equal(await first.file(id(1), 'honest.txt'), 'honest');
  assert.match(said(2), /^failed: .*stolen: it is a link/);
  assert.match(end.items.get(`file ${id(3)}/file://${scratch}`) ?? '', /^skipped: its files lie at .*, outside of the folder$/);
  assert.match([...end.items.keys()].find((key) => key.startsWith(`file ${id(4)}/`)) ?? '', /\.\.\/\.\.$/);
  assert.match(said(5), /^failed: status 9 is none that MLflow has/);
  assert.match(said(6), /^failed: .*meta\.yaml is not YAML as MLflow writes it/);
  assert.match(said(7), /^failed: .*meta\.yaml is not YAML as MLflow writes it: Alias/);
  assert.match(end.items.get('run ../../../escape') ?? '', /^failed: Invalid value/);
  assert.match(said(9), /^failed: "many" is no number/);
  assert.equal(said(10), 'nothing');
  assert.equal(said(11), 'brought');
  assert.doesNotMatch(end.out, /secret"/);
  // What was wrong is put right, and only that comes then.
  writeFileSync(join(folder, '1', id(9), 'metrics', 'm'), '1 2 3\n');
  const again = await importInto(first, folder);
  assert.equal(again.items.get(`run ${id(9)}`), 'brought');
  assert.equal(again.items.get(`run ${id(11)}`), 'skipped: here already');
});

test('what is interrupted or killed goes on where it was, and nothing is there twice', async () => {
  const folder = join(scratch, 'many');
  const runs = 16;
  const ids = Array.from({ length: runs }, (_, n) => String(n).padStart(32, 'a'));
  mkdirSync(join(folder, '1'), { recursive: true });
  writeFileSync(join(folder, '1', 'meta.yaml'), "experiment_id: '1'\nname: many\nlifecycle_stage: active\n");
  for (const id of ids) {
    const run = join(folder, '1', id);
    for (const part of ['params', 'metrics', 'artifacts']) mkdirSync(join(run, part), { recursive: true });
    writeFileSync(join(run, 'meta.yaml'), `run_id: ${id}\nstatus: 3\nstart_time: 1\nend_time: 2\nlifecycle_stage: active\nrun_name: r\n`);
    writeFileSync(join(run, 'params', 'p'), id);
    writeFileSync(join(run, 'metrics', 'm'), Array.from({ length: 1500 }, (_, step) => `${step} ${step}.5 ${step}\n`).join(''));
    writeFileSync(join(run, 'artifacts', 'a.txt'), id);
  }
  await using cli = await testCli();
  const args = ['import', 'mlflow', folder, '--url', first.url, '--json'];
  const brought = (out: string): number =>
    out.split('\n').filter((line) => line.includes('"kind":"run"') && line.includes('brought')).length;

  const killed = cli.begin(args);
  await killed.says('"kind":"run"');
  killed.child.kill('SIGKILL');
  const afterKill = brought((await killed.ended).out);
  const interrupted = cli.begin(args);
  await interrupted.says('"outcome":"brought"');
  interrupted.interrupt();
  const { code, out } = await interrupted.ended;
  assert.equal(code, 130, out);
  assert.match(out, /"interrupted":true/);
  assert.ok(afterKill + brought(out) < runs, 'both were ended in the middle');

  const last = await cli.run(['import', 'mlflow', folder, '--url', first.url]);
  assert.equal(last.code, 0, last.out + last.err);
  assert.match(last.out, /Brought from .*many in/);
  for (const id of ids) {
    const { metrics } = await first.get(`metrics/get-history?run_id=${id}&metric_key=m`);
    assert.equal((metrics as Json[]).length, 1500);
    assert.equal(await first.file(id, 'a.txt'), id);
  }
  // Where nobody remembers, what is here says it.
  const again = await importInto(first, folder);
  assert.deepEqual([again.summary.counts.run.skipped, again.summary.values], [runs, 0]);
});

test('one experiment alone may be chosen, and then only models that were made by it come', async () => {
  const folder = join(scratch, 'chosen');
  cpSync(FIXTURE, folder, { recursive: true });
  mkdirSync(join(folder, '7'), { recursive: true });
  writeFileSync(join(folder, '7', 'meta.yaml'), "experiment_id: '7'\nname: lonely\nlifecycle_stage: active\n");
  const end = await importInto(first, folder, { experiments: ['lonely'] });
  assert.ok(end.complete, end.out);
  assert.equal(end.items.get('experiment lonely'), 'brought');
  assert.equal(end.items.get('experiment churn: a study'), undefined);
  assert.equal(end.items.get('registered model empty-model'), 'skipped: it has no version of the chosen experiments');
  await assert.rejects(
    importInto(first, folder, { experiments: ['lonely', 'nobody'] }),
    /has no experiment "nobody"; it has Default, .*lonely/,
  );
});

test('what cannot be read from, or brought to, is said in a sentence', async () => {
  const nowhere = { url: 'http://127.0.0.1:61009', home: first.home };
  const database = join(scratch, 'with-database');
  mkdirSync(database, { recursive: true });
  writeFileSync(join(database, 'mlflow.db'), '');
  const empty = join(scratch, 'empty');
  mkdirSync(empty, { recursive: true });
  for (const [lab, given, said] of [
    [first, join(scratch, 'nothing'), /nothing cannot be read: ENOENT/],
    [first, empty, /There are no experiments in .*empty/],
    [first, database, /mlflow server --backend-store-uri sqlite:\/\/\/.*mlflow\.db/],
    [first, 'sqlite:///mlflow.db', /mlflow server --backend-store-uri sqlite:\/\/\/mlflow\.db, and then mlab import/],
    [first, 'databricks', /Databricks is not read/],
    [first, 's3://bucket/mlruns', /"s3:\/\/bucket\/mlruns" is neither the URL/],
    [nowhere, FIXTURE, /127\.0\.0\.1:61009 does not answer: ECONNREFUSED\. npm start starts the lab/],
  ] as const)
    await assert.rejects(importInto(lab, given), said, given);
  process.env['MLAB_HOME'] = join(scratch, 'home');
  for (const [positionals, flags, said] of [
    [[], {}, /mlab import mlflow <url \| folder>/],
    [['mlflow'], {}, /takes the URL of an MLflow server, or an mlruns folder/],
    [['mlflow', FIXTURE, 'more'], {}, /takes one URL or folder, and no more/],
    [['mlflow', FIXTURE], {}, /Nothing runs here/],
    [['mlflow', FIXTURE], { url: 'x' }, /--url is "x"/],
  ] as const)
    await assert.rejects(command.run({ positionals, flags }), said);
});
