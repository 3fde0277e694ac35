import { invalidParameter } from '@mlab/mlflow';

/** In characters. A run has a handful of models, of some hundred characters each. */
const MAX_HISTORY = 1_000_000;
const REQUIRED = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'];
const KEPT = ['run_id', 'utc_time_created', 'artifact_path', 'model_uuid'];

type Fields = Readonly<Record<string, unknown>>;

/** The list of a run's models with one more, which comes as the JSON of its MLmodel file (`Model.get_tags_dict` in MLflow). */
export function addToHistory(history: string | undefined, modelJson: string): string {
  const model = parse(modelJson);
  if (model === undefined) throw invalidParameter(`Malformed model info. \n ${modelJson.slice(0, 300)} \n is not a valid JSON.`);
  const missing = REQUIRED.filter((field) => !Object.hasOwn(model, field));
  if (missing.length > 0)
    throw invalidParameter(`Model json is missing mandatory fields: {${missing.map((field) => `'${field}'`).join(', ')}}`);
  const entry = {
    ...Object.fromEntries(KEPT.filter((field) => Object.hasOwn(model, field)).map((field) => [field, model[field]])),
    flavors: withoutConfig(model['flavors']),
  };
  const value = JSON.stringify([...before(history), entry]);
  if (value.length > MAX_HISTORY)
    throw invalidParameter(`The models of this run take more than the ${MAX_HISTORY} characters that there are for them.`);
  return value;
}

/** A user may have written something else into the tag. */
function before(history: string | undefined): readonly unknown[] {
  if (history === undefined) return [];
  try {
    const value: unknown = JSON.parse(history);
    if (Array.isArray(value)) return value;
  } catch {
    // It is told below.
  }
  throw invalidParameter("The tag 'mlflow.log-model.history' of this run is no list of models: delete it first.");
}

function parse(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function withoutConfig(flavors: unknown): Fields {
  if (!isObject(flavors)) throw invalidParameter("Model json has no object in its field 'flavors'.");
  return Object.fromEntries(
    Object.entries(flavors).map(([name, flavor]) => [
      name,
      isObject(flavor) ? Object.fromEntries(Object.entries(flavor).filter(([field]) => field !== 'config')) : flavor,
    ]),
  );
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
