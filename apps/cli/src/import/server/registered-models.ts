import { messageOf } from '../../cli-error.ts';
import { HttpError, type Fields } from '../http/ask.ts';
import { integerField, listField, mustText, objectField, pairsField, textField } from '../http/fields.ts';
import type { Found, SourceRegisteredModel, SourceVersion } from '../source.ts';
import { pages, query } from './pages.ts';

type Api = (path: string) => Promise<Fields>;

/** Prompts are models as well, and are only told when they are asked for. */
const FILTERS = [undefined, "tags.`mlflow.prompt.is_prompt` = 'true'"];

export async function* registeredModelsOf(api: Api): AsyncGenerator<Found<SourceRegisteredModel>, void, void> {
  const told = new Set<string>();
  for (const filter of FILTERS) {
    const answers = pages((page_token) => api(`registered-models/search${query({ max_results: 100, filter, page_token })}`));
    try {
      for await (const page of answers) {
        for (const one of listField(page, 'registered_models')) {
          const name = mustText(one, 'name');
          if (told.has(name)) continue;
          told.add(name);
          yield await readModel(api, name).then(
            (value) => ({ value }),
            (error: unknown) => ({ id: name, problem: messageOf(error) }),
          );
        }
      }
    } catch (error) {
      // A server that has never heard of prompts.
      if (filter === undefined || !(error instanceof HttpError)) throw error;
    }
  }
}

async function readModel(api: Api, name: string): Promise<SourceRegisteredModel> {
  const model = objectField(await api(`registered-models/get${query({ name })}`), 'registered_model');
  const versions: SourceVersion[] = [];
  const quoted = name.includes("'") ? `"${name}"` : `'${name}'`;
  for await (const page of pages((page_token) =>
    api(`model-versions/search${query({ filter: `name=${quoted}`, max_results: 1000, page_token })}`),
  ))
    versions.push(...listField(page, 'model_versions').map(versionOf));
  return {
    name,
    description: textField(model, 'description') ?? '',
    tags: pairsField(model, 'tags'),
    versions: versions.toSorted((a, b) => a.version - b.version),
    aliases: listField(model, 'aliases').map((one) => ({ alias: mustText(one, 'alias'), version: integerField(one, 'version') ?? 0 })),
  };
}

const versionOf = (one: Fields): SourceVersion => ({
  version: integerField(one, 'version') ?? 0,
  source: textField(one, 'source') ?? '',
  runId: textField(one, 'run_id') || undefined,
  modelId: textField(one, 'model_id') || undefined,
  runLink: textField(one, 'run_link') ?? '',
  stage: textField(one, 'current_stage') ?? 'None',
  description: textField(one, 'description') ?? '',
  tags: pairsField(one, 'tags'),
});
