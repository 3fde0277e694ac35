export { compareWithBaseline, type ComparedMetric, type Comparison } from '#/evaluation/compare.ts';
export { evaluate, type EvaluationOptions } from '#/evaluation/evaluate.ts';
export type {
  Calibration,
  CalibrationBin,
  ChosenThreshold,
  ClassEvaluation,
  Cluster,
  Confusion,
  Curve,
  Decile,
  Evaluation,
  Gain,
  Histogram,
  Interval,
  Residuals,
} from '#/evaluation/evaluation.ts';
export { acrossFolds, type CrossValidation, type FoldMetric } from '#/evaluation/folds.ts';
export { metricsOf, type MeasureOptions, type MetricValues } from '#/evaluation/measure.ts';
export { goodness, metricOf, PRIMARY_METRIC, type Metric } from '#/evaluation/metrics.ts';
export { permutationImportance, type Importance, type ImportanceOptions, type Importances } from '#/evaluation/permutation-importance.ts';
export type { Predicted } from '#/evaluation/predicted.ts';
export { evaluateSlices, type Slice, type SliceOptions, type Slices } from '#/evaluation/slices.ts';
export type { Costs } from '#/evaluation/thresholds.ts';
export { linearContributions, type LinearModel } from '#/explanation/linear-contributions.ts';
export { shapImportance } from '#/explanation/shap-importance.ts';
export { treeShap, type Contributions } from '#/explanation/tree-shap.ts';
export type { CategoryColumn, Matrix, MatrixColumn, NumberColumn, TrainingSet } from '#/matrix.ts';
export { readParams } from '#/params.ts';
export { fitPreparing } from '#/preparing/fit-preparing.ts';
export { looksLikeIdentifier, type Spread } from '#/preparing/identifier.ts';
export { preparingFrom } from '#/preparing/learnt-preparing.ts';
export { DATE_PARTS, type ColumnPlan, type DatePart, type PreparedColumn, type PreparingPlan } from '#/preparing/plan.ts';
export type { Preparing, PreparingInput } from '#/preparing/preparing.ts';
export { readTarget, type Target, type TargetOptions } from '#/preparing/target.ts';
export { profileOf } from '#/profile/profile-of.ts';
export type { ColumnProfile, NumberProfile, Profile, TextProfile } from '#/profile/profile.ts';
export { seededRandom } from '#/random.ts';
export type { Report } from '#/search/pruners.ts';
export type { Direction, PrunerSettings, SamplerSettings, StudyOptions, StudySettings } from '#/search/settings.ts';
export type { Values } from '#/search/space.ts';
export { openStudy, studyFrom, type Outcome, type Study, type StudyState, type Trial } from '#/search/study.ts';
export type { SplitTarget } from '#/splitting/check-parts.ts';
export { foldsOf } from '#/splitting/folds.ts';
export { splitRows } from '#/splitting/split-rows.ts';
export type { Fold, FoldsPlan, Split, SplitRows } from '#/splitting/split.ts';
export {
  columnsByName,
  sharedDoubles,
  sharedFloats,
  sharedIntegers,
  takeRows,
  type BooleanField,
  type NumberField,
  type Table,
  type TableColumn,
  type TextField,
  type TimeField,
} from '#/table.ts';
export { TASKS, type Task, type TaskKind } from '#/task.ts';
export type { Fitted, Iteration, Range, Space, Trainer, TrainerContext, Written } from '#/trainer.ts';
export { trainers } from '#/trainers.ts';
