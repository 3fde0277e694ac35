/** Asks MLflow's own server all requests, and writes down what it answers: `node record.ts http://127.0.0.1:5000`. See README.md. */
import { writeFileSync } from 'node:fs';
import { requests } from './requests.ts';

const [server = 'http://127.0.0.1:5000'] = process.argv.slice(2);
const file = new URL('../../services/registry/test/recorded.json', import.meta.url);

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await fetch(`${server}/api/2.0/mlflow/${path}`, { method, ...init });
  const text = await answer.text();
  try {
    return { status: answer.status, body: JSON.parse(text) };
  } catch {
    return { status: answer.status, body: text };
  }
}

async function must<T>(method: string, path: string, body: object): Promise<T> {
  const { status, body: answered } = await ask(method, path, body);
  if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answered)}`);
  return answered as T;
}

interface Run {
  readonly run: { readonly info: { readonly run_id: string; readonly artifact_uri: string } };
}
interface LoggedModel {
  readonly model: { readonly info: { readonly model_id: string; readonly artifact_uri: string } };
}

const { experiment_id } = await must<{ readonly experiment_id: string }>('POST', 'experiments/create', { name: `recorded ${Date.now()}` });
const { info: run } = (await must<Run>('POST', 'runs/create', { experiment_id, user_id: 'ann' })).run;
const { info: model } = (await must<LoggedModel>('POST', 'logged-models', { experiment_id, name: 'model', source_run_id: run.run_id }))
  .model;

/** Longer names first: one may be part of another. */
const names: Record<string, string> = { root: model.artifact_uri, run_root: run.artifact_uri, model: model.model_id, run: run.run_id };
const put = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole);
const take = (text: string): string => Object.entries(names).reduce((result, [name, value]) => result.replaceAll(value, `{${name}}`), text);

const recorded = [];
const wrong: string[] = [];
for (const { method, path, body, ours, why } of requests) {
  const answer = await ask(method, put(path), body === undefined ? undefined : JSON.parse(put(JSON.stringify(body))));
  const made = (answer.body as { readonly webhook?: { readonly webhook_id?: string } }).webhook?.webhook_id;
  if (made !== undefined && names['webhook'] === undefined) names['webhook'] = made;
  if (answer.status >= 500 && ours === undefined)
    wrong.push(`${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(answer)}`.slice(0, 500));
  recorded.push({ method, path, body, ours, why, status: answer.status, answer: JSON.parse(take(JSON.stringify(answer.body))) });
}
if (wrong.length > 0) throw new Error(`It answers 500, and nobody has said what is right:\n${wrong.join('\n')}`);
writeFileSync(file, `${JSON.stringify(recorded, (key, value: unknown) => shorten(key, value), 1)}\n`);
console.log(`${recorded.length} answers of ${server} are in ${file.pathname}.`);

/** What is repeated in a long value is said once. */
function shorten(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || value.length < 200) return value;
  return value.replaceAll(/(.)\1{199,}/g, (whole, character: string) => `<${character}*${whole.length}>`);
}
