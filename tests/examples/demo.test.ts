/** `mlab demo` and `mlab predict` on a lab that `mlab up` has started; what the demo prints is run as it is printed. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { json } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CliError } from '../../apps/cli/src/cli-error.ts';
import { command as predictCommand } from '../../apps/cli/src/commands/predict.ts';
import { findModelDoor } from '../../apps/cli/src/predict/model-door.ts';
import { readPredictOrder } from '../../apps/cli/src/predict/predict-order.ts';
import { startPredicting } from '../../apps/cli/src/predict/start-predicting.ts';
import { parquetOf } from '../cli/parquet-of.ts';
import { run, type Outcome } from './run.ts';
import { asPattern, fencedBlocks, shownCommands } from './shown-commands.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const CLI = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));
const SERVICES = ['gateway', 'predictor', 'predictor_grpc', 'tracking', 'registry', 'training', 'monitoring'];

let folder: string;
let env: Record<string, string>;
let demoOutput = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlab-demo-'));
  const ports = await Promise.all(SERVICES.map(freePort));
  env = {
    ...Object.fromEntries(SERVICES.map((name, index) => [`MLAB_${name.toUpperCase()}_PORT`, String(ports[index])])),
    MLAB_HOME: join(folder, 'home'),
    MLAB_TOPOLOGY: 'together',
    MLAB_TRAINING_THREADS: '1',
    NO_COLOR: '1',
  };
  await writeFile(join(folder, 'mlab'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  await chmod(join(folder, 'mlab'), 0o755);
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  const { code, output, errors } = await shell('./mlab up -d');
  assert.equal(code, 0, output + errors);
  assert.match(output, /\nSee it +\.\/mlab demo /);
  process.chdir(folder);
});
after(async () => {
  process.chdir('/');
  await shell('./mlab down');
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** As the shell does it, in this process: to start one takes longer than most of what is asked here. */
async function predict(...args: readonly string[]): Promise<Outcome> {
  let [output, errors] = ['', ''];
  const stdout = { write: (text: string) => Boolean((output += text)) } as unknown as NodeJS.WritableStream;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: predictCommand.options, allowPositionals: true });
    const order = readPredictOrder({ positionals, flags: values as Record<string, string | boolean> });
    const { signal } = new AbortController();
    const door = await findModelDoor(order.url ?? gateway(), env, signal);
    const messages = { write: (text: string) => (errors += text) };
    await startPredicting({ order, door, signal, input: noInput(), output: stdout, messages });
    return { code: 0, output, errors };
  } catch (error) {
    assert.ok(error instanceof CliError, String(error));
    return { code: error.exitCode, output, errors: errors + error.message };
  }
}

async function* noInput(): AsyncGenerator<Uint8Array, void, void> {}

const shell = (text: string, extra: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  run('sh', ['-c', `cd "${folder}" && ${text}`], { ...env, ...extra });

interface Step {
  readonly step: string;
  readonly [key: string]: unknown;
}

test('the demo shows the whole way, and what it prints can be run as it is printed', async () => {
  const { code, output, errors } = await shell('./mlab demo');
  assert.equal(code, 0, output + errors);
  demoOutput = output;
  assert.match(output, /penguins\.json out of vega-datasets: 344 rows, 7 columns\. The task: multiclass\./);
  assert.match(output, /Species \(wanted\) +category +0 +Adelie 152, Gentoo 124, Chinstrap 68\n/);
  assert.match(output, /METRIC +MODEL +INTERVAL +BASELINE +BETTER IS\n +f1_macro +0\.9\d+ +0\.\d+ … [\d.]+ +0\.2\d+ +higher\n/);
  assert.match(output, /penguins version 1: one ONNX file with its preprocessing, \d+ bytes\./);
  assert.match(output, /A policy: only an approved version with f1_macro above 0\.2\d+, the baseline's, may be champion\./);
  assert.match(output, /penguins@champion is version 1 \(nothing before\); Service B answers with it \d+ ms later\./);
  assert.doesNotMatch(output, /undefined|NaN|\[object/);

  const printed = output.split('\n').map((line) => line.trim());
  const commands = printed.filter((line) => /^(curl|\.\/mlab predict penguins) /.test(line));
  assert.equal(commands.length, 2);
  for (const command of commands) {
    const ran = await shell(command);
    assert.equal(ran.code, 0, `${command}: ${ran.errors}`);
    if (command.startsWith('curl')) assert.ok(printed.includes(ran.output), `it shows what comes: ${ran.output}`);
    else assert.match(ran.output, /ROW +PREDICTION +PROBABILITY +BECAUSE OF\n +1 +Gentoo +(0\.9\d+|1\.0000) +Island \+\d/);
  }
  const links = printed.flatMap((line) => /(http:\/\/\S+)$/.exec(line)?.slice(1) ?? []);
  assert.ok(links.length >= 4, String(links));
  for (const link of links) {
    if (link.endsWith('/mlflow')) continue;
    assert.equal((await fetch(link)).status, 200, link);
  }
});

test('the README shows what comes', async () => {
  const readme = await readFile(join(REPOSITORY, 'README.md'), 'utf8');
  const blocks = fencedBlocks(readme);
  const shown = blocks[blocks.findIndex(({ text }) => text === './mlab demo') + 1]?.text ?? '';
  assert.match(demoOutput, asPattern(shown));
  const asking = shownCommands(readme).filter(({ command }) => command.includes('/models/'));
  assert.equal(asking.length, 1);
  for (const { command, answer } of asking) {
    const { output } = await shell(here(command));
    assert.deepEqual(JSON.parse(output), JSON.parse(answer?.text ?? ''));
  }
});

test('the demo again: another version of the same data, to which the champion moves; as JSON for programs', async () => {
  const { code, output, errors } = await shell('./mlab demo --json');
  assert.equal(code, 0, errors);
  const steps = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Step);
  const names = ['data', 'training', 'registered', 'approved', 'deployed', 'curl', 'grpc', 'tritonclient', 'explanation', 'links'];
  assert.deepEqual(
    steps.map(({ step }) => step),
    names,
  );
  const of = (name: string): Step => steps.find(({ step }) => step === name) as Step;
  assert.deepEqual([of('deployed')['from'], of('deployed')['version']], [1, 2]);
  assert.equal((of('curl')['answer'] as { version: number }).version, 2);
  const datasets = (await (await fetch(`${gateway()}/training/datasets`)).json()) as { items: unknown[] };
  assert.equal(datasets.items.length, 1, 'the same bytes are not sent twice');
});

test('another dataset has numbers to predict, and times among its columns', async () => {
  const { code, output, errors } = await shell('./mlab demo --dataset cars');
  assert.equal(code, 0, output + errors);
  assert.match(output, /Year +time +0 /);
  assert.match(output, /only an approved version with rmse below \d/);
});

/** What a page says of the usual address, for this lab. */
const here = (text: string): string => text.replaceAll('localhost:8000', new URL(gateway()).host);

const gateway = (): string => `http://127.0.0.1:${env['MLAB_GATEWAY_PORT']}`;

const PENGUINS = [
  'Species,Island,Beak Length (mm),Beak Depth (mm),Flipper Length (mm),Body Mass (g),Sex',
  'Adelie,Torgersen,39.1,18.7,181,3750,MALE',
  'Adelie,"Dream",,NA,,,',
  'Gentoo,Biscoe,46.1,13.2,211,4500,FEMALE',
];

test('rows of a file, of standard input and of the command line are answered alike', async () => {
  await writeFile(join(folder, 'rows.csv'), `\uFEFF${PENGUINS.join('\r\n')}`);
  const table = await shell('./mlab predict penguins --file rows.csv');
  assert.equal(table.code, 0, table.errors);
  assert.match(
    table.output,
    /^ {2}ROW +PREDICTION +PROBABILITY\n {2}1 +Adelie +[01]\.\d{4}\n {2}2 +\w+ +[01]\.\d{4}\n {2}3 +Gentoo +[01]\.\d{4}\n3 rows, penguins version 2\n$/,
  );
  assert.equal(table.errors, 'note: penguins does not ask for "Species".\n');

  const lines = await shell('./mlab predict penguins - --json < rows.csv');
  assert.equal(lines.errors, '');
  const answers = lines.output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { row: number; version: number; prediction: string; probabilities: Record<string, number> });
  assert.deepEqual(answers.map(({ row, version, prediction }) => [row, version, prediction]).toSpliced(1, 1), [
    [1, 2, 'Adelie'],
    [3, 2, 'Gentoo'],
  ]);
  const [first] = answers;
  assert.deepEqual(Object.keys(first?.probabilities ?? {}), ['Adelie', 'Chinstrap', 'Gentoo']);

  // The same rows in other forms: what is not known is left out, null, or NA.
  const objects = [
    {
      Island: 'Torgersen',
      'Beak Length (mm)': 39.1,
      'Beak Depth (mm)': 18.7,
      'Flipper Length (mm)': 181,
      'Body Mass (g)': 3750,
      Sex: 'MALE',
    },
    { Island: 'Dream', 'Beak Depth (mm)': null },
    {
      Island: 'Biscoe',
      'Beak Length (mm)': 46.1,
      'Beak Depth (mm)': 13.2,
      'Flipper Length (mm)': 211,
      'Body Mass (g)': 4500,
      Sex: 'FEMALE',
    },
  ];
  await writeFile(join(folder, 'rows.json'), JSON.stringify(objects, undefined, 2));
  await writeFile(join(folder, 'rows.ndjson'), objects.map((object) => JSON.stringify(object)).join('\n'));
  await writeFile(join(folder, 'rows.tsv'), PENGUINS.join('\n').replaceAll(',', '\t'));
  await writeFile(join(folder, 'utf16.csv'), Buffer.from(`\uFEFF${PENGUINS.join('\n').replaceAll(',', ';')}\n`, 'utf16le'));
  const parquet = parquetOf(
    Object.keys(objects[0] ?? {}).map((name) => [name, objects.map((object) => (object as Record<string, unknown>)[name] ?? null)]),
  );
  await writeFile(join(folder, 'rows.parquet'), parquet);
  await writeFile(join(folder, 'rows.packed'), gzipSync(parquet));
  await writeFile(join(folder, 'rows.csv.gz'), gzipSync(PENGUINS.join('\n')));
  for (const from of ['rows.json', 'rows.ndjson', 'rows.tsv', 'utf16.csv', 'rows.parquet', 'rows.packed', 'rows.csv.gz'])
    assert.equal((await predict('penguins', from, '--json')).output, lines.output, from);
  assert.equal((await shell('./mlab predict penguins - --json < rows.parquet')).output, lines.output);
  assert.equal((await shell('gzip -c rows.ndjson | ./mlab predict penguins - --json')).output, lines.output);

  const [third] = objects.slice(2);
  const set = Object.entries(third ?? {}).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const one = JSON.parse((await predict('penguins', ...set, '--json')).output) as { probabilities: object };
  assert.deepEqual(one.probabilities, answers[2]?.probabilities);

  const older = await predict('penguins', 'rows.csv', '--version', '1', '--json');
  assert.match(older.output, /^\{"row":1,"version":1,/);
  assert.match((await predict('penguins', 'rows.csv', '--alias', 'champion', '--json')).output, /^\{"row":1,"version":2,/);
});

test('a prediction is explained, and written with its row into a file', async () => {
  const { code, errors } = await predict('penguins', 'rows.csv', '--explain', '--output', 'explained.csv');
  assert.equal(code, 0, errors);
  assert.match(errors, /explained\.csv: 3 rows, penguins version 2, \d+ s\n$/);
  const [header = '', first = ''] = (await readFile(join(folder, 'explained.csv'), 'utf8')).split('\n');
  const columns = header.split(',');
  assert.deepEqual(columns.slice(0, 9), [...(PENGUINS[0] ?? '').split(','), 'prediction', 'probability']);
  assert.ok(columns.includes('probability_Gentoo') && columns.includes('contribution_Body Mass (g)'), header);
  assert.match(first, /^Adelie,Torgersen,39\.1,18\.7,181,3750,MALE,Adelie,0\.9/);
  assert.equal(first.split(',').filter((cell) => cell === '').length, 0);
  // What is written is what is read again, with its own columns in the place of the earlier ones.
  assert.equal((await predict('penguins', 'explained.csv', '--explain', '--output', 'again.csv')).code, 0);
  assert.deepEqual(await sha256('again.csv'), await sha256('explained.csv'));

  const [explained = ''] = (await predict('penguins', 'rows.csv', '--explain', '--json')).output.split('\n');
  const line = JSON.parse(explained) as {
    explanation: { base: number; score: number; contributions: Record<string, number> };
  };
  const { base, score, contributions } = line.explanation;
  const sum = Object.values(contributions).reduce((total, value) => total + value, base);
  assert.ok(Math.abs(sum - score) < 1e-4, `${sum} ${score}`);
});

test('two hundred thousand rows pass through little memory, in their order', async () => {
  // In the place of Service B, for it is mlab whose memory is looked at: it answers the number of each row.
  const inputs = [{ name: 'id', kind: 'integer', datatype: 'INT64', mayBeUnknown: false }];
  const paths = { '/models/{name}': { get: {} }, '/models/{name}/predict': { post: {} } };
  const sizes: number[] = [];
  const server = createHttpServer((request, response) => {
    const answer = (value: object): void => void response.end(JSON.stringify(value));
    if (request.url === '/openapi.json') return answer({ paths });
    if (request.method === 'GET') return answer({ model: 'count', version: 3, inputs, outputs: [], explains: false });
    void json(request).then((body) => {
      const { rows, version } = body as { rows: readonly { id: number }[]; version: number };
      sizes.push(rows.length);
      answer({ model: 'count', version, predictions: rows.map(({ id }) => ({ prediction: id * 2 })) });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const text = 'x'.repeat(10);
  await writeFile('large.csv', `id,text\n${Array.from({ length: 200_000 }, (_, row) => `${row},${text}\n`).join('')}`);
  const { code, errors } = await shell(`./mlab predict count large.csv --output counted.csv --url ${url}`, {
    // With as little room for what is new, most of the time would go into collecting it.
    NODE_OPTIONS: '--max-old-space-size=48 --max-semi-space-size=8',
  });
  server.close();
  assert.equal(code, 0, errors);
  assert.match(errors, /counted\.csv: 200000 rows, count version 3/);
  assert.equal(
    await readFile('counted.csv', 'utf8'),
    `id,text,prediction\n${Array.from({ length: 200_000 }, (_, row) => `${row},${text},${row * 2}\n`).join('')}`,
  );
  assert.ok(sizes.length === 200 && sizes.every((size) => size <= 1000));
});

test('what goes wrong is a sentence with its place and an exit code, and nothing is left half written', async () => {
  const head = PENGUINS[0];
  await writeFile(join(folder, 'word.csv'), `${head}\n"a\nb",x,1,2,3,4,MALE\nAdelie,Dream,x9,2,3,4,MALE\n`);
  await writeFile(join(folder, 'short.csv'), `${head}\nAdelie,Dream,1\n`);
  await writeFile(join(folder, 'quote.csv'), `${head}\nAdelie,"Dream,1,2,3,4,MALE\n`);
  await writeFile(join(folder, 'other.csv'), 'a,b\n1,2\n');
  await writeFile(join(folder, 'twice.csv'), 'Sex,Sex\n1,2\n');
  await writeFile(join(folder, 'latin.csv'), Buffer.from(`${head}\nAdelie,Döme,1,2,3,4,MALE\n`, 'latin1'));
  await writeFile(join(folder, 'kind.ndjson'), '{"Island": "Dream"}\n\n{"Island": "Dream", "Body Mass (g)": "heavy"}\n');
  const island: readonly [string, readonly string[]] = ['Island', ['Dream', 'Dream']];
  await writeFile(join(folder, 'word.parquet'), parquetOf([island, ['Body Mass (g)', ['3', 'heavy']]]));
  await writeFile(join(folder, 'endless.parquet'), parquetOf([island, ['Body Mass (g)', [1, Number.POSITIVE_INFINITY]]]));
  await writeFile(join(folder, 'kind.parquet'), parquetOf([island, ['Body Mass (g)', [true, false], 'BOOLEAN']]));
  await writeFile(join(folder, 'none.parquet'), 'Island\nDream\n');
  await writeFile(join(folder, 'cut.ndjson'), '{"Island": "Dream"}\n{"Island": "Dr');
  await writeFile(join(folder, 'cut.json'), '[{"Island": "Dream"},\n');
  await writeFile(join(folder, 'no.json'), '[{"Island": "Dream"}, 7]');
  await writeFile(join(folder, 'empty.csv'), '\n');
  await writeFile(join(folder, 'many.csv'), `${head}\n${`${PENGUINS[1]}\n`.repeat(5000)}Adelie,Dream,x9,2,3,4,MALE\n`);
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['', 2, /takes a model: mlab predict churn/],
    ['penguins', 2, /takes rows: --file rows\.csv, --file - for standard input, or --set/],
    ['penguins rows.csv --file rows.csv', 2, /Rows come from one file/],
    ['penguins rows.csv --set Sex=MALE', 2, /from a file or from --set/],
    ['penguins --set Age=3', 2, /penguins does not ask for "Age"\. It asks for "Island", "Beak Length/],
    ['penguins --set Sex', 2, /--set takes a name and a value/],
    ['penguins --set "Body Mass (g)=heavy"', 1, /--set, column "Body Mass \(g\)": a number is expected, and "heavy" came\./],
    ['penguins rows.csv --version x', 2, /--version takes a whole number/],
    ['penguins rows.csv --version 1 --alias champion', 2, /by --version or by --alias/],
    ['penguins rows.csv --output predicted', 2, /ends with \.csv, \.ndjson or \.json/],
    ['penguins rows.csv --output nowhere/predicted.csv', 1, /nowhere\/predicted\.csv cannot be written: its folder is not there/],
    ['penguins nothing.csv', 1, /nothing\.csv cannot be read: there is no such file\./],
    ['penguins word.csv', 1, /word\.csv, line 4, column "Beak Length \(mm\)": a number is expected, and "x9" came\./],
    ['penguins short.csv', 1, /short\.csv, line 2: there are 3 values, for 7 columns\./],
    ['penguins quote.csv', 1, /quote\.csv, line 2: the quote that begins in this row does not end\./],
    ['penguins other.csv', 1, /None of the columns is one that penguins asks for\. It asks for "Island", .*; there is "a" and "b"\./],
    ['penguins twice.csv', 1, /twice\.csv, line 1: two columns are called "Sex"\./],
    ['penguins latin.csv', 1, /latin\.csv is not in UTF-8/],
    ['penguins kind.ndjson', 1, /kind\.ndjson, line 3, column "Body Mass \(g\)": Input should be a valid number/],
    ['penguins word.parquet', 1, /word\.parquet, row 2, column "Body Mass \(g\)": a number is expected, and "heavy" came\./],
    ['penguins endless.parquet', 1, /endless\.parquet, row 2, column "Body Mass \(g\)": Infinity came, which no model is asked\./],
    ['penguins kind.parquet', 1, /kind\.parquet, row 1, column "Body Mass \(g\)": Input should be a valid number/],
    ['penguins none.parquet', 1, /none\.parquet cannot be read as Parquet: file invalid \(footer != PAR1\)\./],
    ['penguins rows.csv --format parquet', 1, /rows\.csv cannot be read as Parquet/],
    ['penguins cut.ndjson', 1, /cut\.ndjson, line 2: the row that begins here does not end\./],
    ['penguins cut.json', 1, /cut\.json ends within its list of rows/],
    ['penguins no.json', 1, /no\.json, line 1: a row is an object, .*"7" came\./],
    ['penguins empty.csv', 1, /empty\.csv has no rows\./],
    ['penguins many.csv --output predicted.csv', 1, /many\.csv, line 5002, column/],
    ['nobody rows.csv', 1, /nobody/],
    ['penguins rows.csv --version 9', 1, /version=9\) not found/],
    ['penguins rows.csv --alias nobody', 1, /nobody/],
    ['penguins rows.csv --url http://127.0.0.1:9', 1, /At http:\/\/127\.0\.0\.1:9 there is neither a gateway/],
  ];
  for (const [args, code, sentence] of cases) {
    const words = [...args.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
    const { code: got, errors } = await predict(...words);
    assert.match(errors, sentence, args);
    assert.equal(got, code, `${args}: ${errors}`);
  }
  for (const [args, code, sentence] of [
    ['predict penguins short.csv', 1, /short\.csv, line 2: there are 3 values, for 7 columns\.\n$/],
    ['demo --dataset dodos', 2, /--dataset takes penguins, cars, weather, flights, and not "dodos"\./],
  ] as const) {
    const { code: got, errors } = await shell(`./mlab ${args}`);
    assert.match(errors, sentence);
    assert.equal(got, code);
  }
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('predicted') || name.endsWith('.part')),
    [],
  );
});

test('each block of the guide to the first model works as it is printed', async () => {
  const blocks = fencedBlocks(await readFile(join(REPOSITORY, 'docs/first-model.md'), 'utf8'));
  const known: Record<string, string> = {};
  for (const [index, { language, text }] of blocks.entries()) {
    if (language !== 'sh') continue;
    const { code, output, errors } = await shell(here(text), known);
    assert.equal(code, 0, `${text}: ${output}${errors}`);
    const next = blocks[index + 1];
    if (next?.language === 'json') assert.deepEqual(JSON.parse(output), JSON.parse(next.text));
    // The log also has what was refused.
    else if (text.includes('/inputs?')) assert.match(output, /"status":422,"model":"first"/);
    else assert.doesNotMatch(output, /"status":[45]\d\d|"detail"/, text);
    if (text.includes('/datasets/upload')) known['DATASET'] = (JSON.parse(output) as { id: string }).id;
    if (text.includes('/training/jobs -H')) known['JOB'] = (JSON.parse(output) as { id: string }).id;
    if (text.includes('/readiness')) assert.match(output, /"ready":true,"guarded":true/);
    if (text.includes('/predict ') && next?.language !== 'json')
      assert.match(output, /"model":"first","version":1,.*"prediction":"Gentoo"/);
    if (text.includes('/explain')) assert.match(output, /"method":"tree-shap".*"Island":/);
  }
  assert.equal((await readFile('predicted.csv', 'utf8')).trimEnd().split('\n').length, 345);
});

test('a policy that somebody has made stands, also before the demo', async () => {
  const policy = { approvals: { count: 2 }, aliases: [{ alias: 'champion' }] };
  const asked = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ policy }) };
  assert.equal((await fetch(`${gateway()}/registry/models/penguins/policy`, asked)).status, 200);
  const { code, output, errors } = await shell('./mlab demo');
  assert.equal(code, 1);
  assert.match(
    errors,
    /^penguins version 3 may not be champion: .+\. The policy at http:\S+\/registry\/models\/penguins\/policy asks for it\.\n$/,
  );
  assert.doesNotMatch(output, /is deployed/);
});

test('where nothing runs, both say so, with 3', async () => {
  const elsewhere = { MLAB_HOME: join(folder, 'elsewhere') };
  for (const args of ['demo', 'predict penguins rows.csv']) {
    const { code, errors } = await shell(`./mlab ${args}`, elsewhere);
    assert.equal(code, 3, errors);
    assert.match(errors, /^Nothing runs here; npm start starts the lab/, args);
  }
});

const sha256 = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(join(folder, file)))
    .digest('hex');
