/** MLflow's limits (`mlflow/utils/validation.py`, `mlflow/store`). Texts are counted in characters as Python counts them. */
export const LIMITS = {
  metricsPerBatch: 1000,
  paramsPerBatch: 100,
  tagsPerBatch: 100,
  entitiesPerBatch: 1000,
  /** Key of a metric, a parameter or a tag. */
  key: 250,
  /** Longer ones are cut, unless they are to be refused. */
  paramValue: 6000,
  /** Longer ones are cut, unless they are to be refused. */
  tagValue: 8000,
  experimentName: 500,
  experimentTagValue: 20_000,
  modelName: 256,
  modelTagValue: 100_000,
  alias: 255,
  datasetName: 500,
  datasetDigest: 36,
  datasetSchema: 1_048_575,
  datasetSource: 65_535,
  datasetProfile: 16_777_215,
  inputTagKey: 255,
  inputTagValue: 500,
} as const;
