/** `mlab demo` and `mlab predict` on a lab that `mlab up` has started; what the demo prints is run as it is printed. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { run, type Outcome } from './run.ts';

const CLI = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));
const SERVICES = ['gateway', 'predictor', 'predictor_grpc', 'tracking', 'registry', 'training', 'monitoring'];

let folder: string;
let env: Record<string, string>;

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
  const { code, output, errors } = await shell('./mlab up -d');
  assert.equal(code, 0, output + errors);
});
after(async () => {
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

const shell = (text: string, extra: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  run('sh', ['-c', `cd "${folder}" && ${text}`], { ...env, ...extra });

interface Step {
  readonly step: string;
  readonly [key: string]: unknown;
}

test('the demo shows the whole way, and what it prints can be run as it is printed', async () => {
  const { code, output, errors } = await shell('./mlab demo');
  assert.equal(code, 0, output + errors);
  assert.match(output, /penguins\.json out of vega-datasets: 344 rows, 7 columns\. The task: multiclass\./);
  assert.match(output, /Species \(wanted\) +category +0 +Adelie 152, Gentoo 124, Chinstrap 68\n/);
  assert.match(output, /METRIC +MODEL +INTERVAL +BASELINE +BETTER IS\n +f1_macro +0\.9\d+ +0\.\d+ … [\d.]+ +0\.2\d+ +higher\n/);
  assert.match(output, /penguins version 1: one ONNX file with its preprocessing, \d+ bytes\./);
  assert.match(output, /A policy: only an approved version with f1_macro above 0\.2\d+, the baseline's, may be champion\./);
  assert.match(output, /penguins@champion is version 1 \(nothing before\); Service B answers with it \d+ ms later\./);
  assert.doesNotMatch(output, /\u001B|undefined|NaN|\[object/);

  const printed = output.split('\n').map((line) => line.trim());
  const commands = printed.filter((line) => /^(curl|\.\/mlab predict penguins) /.test(line));
  assert.equal(commands.length, 2);
  for (const command of commands) {
    const ran = await shell(command);
    assert.equal(ran.code, 0, `${command}: ${ran.errors}`);
    if (command.startsWith('curl')) assert.ok(printed.includes(ran.output), `it shows what comes: ${ran.output}`);
    else assert.match(ran.output, /ROW +PREDICTION +PROBABILITY +BECAUSE OF\n +1 +Gentoo +0\.9\d+|1\.0000 +Flipper/);
  }
  const links = printed.flatMap((line) => /(http:\/\/\S+)$/.exec(line)?.slice(1) ?? []);
  assert.ok(links.length >= 4, String(links));
  for (const link of links) {
    if (link.endsWith('/mlflow')) continue;
    assert.equal((await fetch(link)).status, 200, link);
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
  for (const from of ['rows.json', 'rows.ndjson', 'rows.tsv', 'utf16.csv'])
    assert.equal((await shell(`./mlab predict penguins ${from} --json`)).output, lines.output, from);
  assert.equal((await shell('gzip -c rows.ndjson | ./mlab predict penguins - --json')).output, lines.output);

  const [third] = objects.slice(2);
  const set = Object.entries(third ?? {}).map(([name, value]) => `--set '${name}=${value}'`);
  const one = JSON.parse((await shell(`./mlab predict penguins ${set.join(' ')} --json`)).output) as { probabilities: object };
  assert.deepEqual(one.probabilities, answers[2]?.probabilities);

  const older = await shell('./mlab predict penguins rows.csv --version 1 --json');
  assert.match(older.output, /^\{"row":1,"version":1,/);
  assert.match((await shell('./mlab predict penguins rows.csv --alias champion --json')).output, /^\{"row":1,"version":2,/);
});

test('a prediction is explained, and written with its row into a file', async () => {
  const { code, errors } = await shell('./mlab predict penguins rows.csv --explain --output explained.csv');
  assert.equal(code, 0, errors);
  assert.match(errors, /explained\.csv: 3 rows, penguins version 2, \d+ s\n$/);
  const [header = '', first = ''] = (await readFile(join(folder, 'explained.csv'), 'utf8')).split('\n');
  const columns = header.split(',');
  assert.deepEqual(columns.slice(0, 9), [...(PENGUINS[0] ?? '').split(','), 'prediction', 'probability']);
  assert.ok(columns.includes('probability_Gentoo') && columns.includes('contribution_Body Mass (g)'), header);
  assert.match(first, /^Adelie,Torgersen,39\.1,18\.7,181,3750,MALE,Adelie,0\.9/);
  assert.equal(first.split(',').filter((cell) => cell === '').length, 0);
  // What is written is what is read again, with its own columns in the place of the earlier ones.
  assert.equal((await shell('./mlab predict penguins explained.csv --explain --output again.csv')).code, 0);
  assert.deepEqual(await sha256('again.csv'), await sha256('explained.csv'));

  const line = JSON.parse((await shell('head -2 rows.csv | ./mlab predict penguins - --explain --json')).output) as {
    explanation: { base: number; score: number; contributions: Record<string, number> };
  };
  const { base, score, contributions } = line.explanation;
  const sum = Object.values(contributions).reduce((total, value) => total + value, base);
  assert.ok(Math.abs(sum - score) < 1e-4, `${sum} ${score}`);
});

test('two hundred thousand rows pass through little memory, in their order', async () => {
  const rows = Array.from({ length: 200_000 }, (_, row) => `${row},${PENGUINS[1 + (row % 3)]}`);
  await writeFile(join(folder, 'large.csv'), `id,${PENGUINS[0]}\n${rows.join('\n')}\n`);
  const { code, errors } = await shell('./mlab predict penguins large.csv --output large-predicted.csv', {
    NODE_OPTIONS: '--max-old-space-size=48',
  });
  assert.equal(code, 0, errors);
  const lines = (await readFile(join(folder, 'large-predicted.csv'), 'utf8')).trimEnd().split('\n').slice(1);
  assert.equal(lines.length, 200_000);
  assert.ok(lines.every((line, row) => line.startsWith(`${row},`)));
  const each = [0, 1, 2].map((row) => (lines[row] ?? '').split(',').slice(8).join());
  assert.ok(lines.every((line, row) => line.endsWith(each[row % 3] ?? '?')));
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
  await writeFile(join(folder, 'cut.ndjson'), '{"Island": "Dream"}\n{"Island": "Dr');
  await writeFile(join(folder, 'cut.json'), '[{"Island": "Dream"},\n');
  await writeFile(join(folder, 'no.json'), '[{"Island": "Dream"}, 7]');
  await writeFile(join(folder, 'empty.csv'), '\n');
  await writeFile(join(folder, 'many.csv'), `${head}\n${`${PENGUINS[1]}\n`.repeat(5000)}Adelie,Dream,x9,2,3,4,MALE\n`);
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['predict', 2, /takes a model: mlab predict churn/],
    ['predict penguins', 2, /takes rows: --file rows\.csv, --file - for standard input, or --set/],
    ['predict penguins rows.csv --file rows.csv', 2, /Rows come from one file/],
    ['predict penguins rows.csv --set Sex=MALE', 2, /from a file or from --set/],
    ['predict penguins --set Age=3', 2, /penguins does not ask for "Age"\. It asks for "Island", "Beak Length/],
    ['predict penguins --set Sex', 2, /--set takes a name and a value/],
    ['predict penguins --set "Body Mass (g)=heavy"', 1, /--set, column "Body Mass \(g\)": a number is expected, and "heavy" came\./],
    ['predict penguins rows.csv --version x', 2, /--version takes a whole number/],
    ['predict penguins rows.csv --version 1 --alias champion', 2, /by --version or by --alias/],
    ['predict penguins rows.csv --output predicted', 2, /ends with \.csv, \.ndjson or \.json/],
    ['predict penguins rows.csv --output nowhere/predicted.csv', 1, /nowhere\/predicted\.csv cannot be written: its folder is not there/],
    ['predict penguins nothing.csv', 1, /nothing\.csv cannot be read: there is no such file\./],
    ['predict penguins word.csv', 1, /word\.csv, line 4, column "Beak Length \(mm\)": a number is expected, and "x9" came\./],
    ['predict penguins short.csv', 1, /short\.csv, line 2: there are 3 values, for 7 columns\./],
    ['predict penguins quote.csv', 1, /quote\.csv, line 2: the quote that begins in this row does not end\./],
    [
      'predict penguins other.csv',
      1,
      /None of the columns is one that penguins asks for\. It asks for "Island", .*; there is "a" and "b"\./,
    ],
    ['predict penguins twice.csv', 1, /twice\.csv, line 1: two columns are called "Sex"\./],
    ['predict penguins latin.csv', 1, /latin\.csv is not in UTF-8/],
    ['predict penguins kind.ndjson', 1, /kind\.ndjson, line 3, column "Body Mass \(g\)": Input should be a valid number/],
    ['predict penguins cut.ndjson', 1, /cut\.ndjson, line 2: the row that begins here does not end\./],
    ['predict penguins cut.json', 1, /cut\.json ends within its list of rows/],
    ['predict penguins no.json', 1, /no\.json, line 1: a row is an object, .*"7" came\./],
    ['predict penguins empty.csv', 1, /empty\.csv has no rows\./],
    ['predict penguins many.csv --output predicted.csv', 1, /many\.csv, line 5002, column/],
    ['predict nobody rows.csv', 1, /nobody/],
    ['predict penguins rows.csv --version 9', 1, /version=9\) not found/],
    ['predict penguins rows.csv --alias nobody', 1, /nobody/],
    ['predict penguins rows.csv --url http://127.0.0.1:9', 1, /At http:\/\/127\.0\.0\.1:9 there is neither a gateway/],
    ['demo --dataset dodos', 2, /--dataset takes penguins, cars, weather, flights, and not "dodos"\./],
    ['demo penguins', 2, /mlab demo takes no penguins; --dataset says which data/],
  ];
  const outcomes = await inTurns(cases, ([args]) => shell(`./mlab ${args}`));
  for (const [index, [args, code, sentence]] of cases.entries()) {
    const { code: got, errors } = outcomes[index] as Outcome;
    assert.match(errors, sentence, args);
    assert.equal(got, code, `${args}: ${errors}`);
    assert.doesNotMatch(errors, / at .*\.ts:\d|something it does not expect/, args);
  }
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('predicted') || name.endsWith('.part')),
    [],
  );
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

/** Three at a time: each is a process, most of which only waits. */
async function inTurns<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < all.length) {
      const index = next++;
      results[index] = await work(all[index] as T);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  return results;
}
