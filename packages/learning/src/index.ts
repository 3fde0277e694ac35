export type { CategoryColumn, Matrix, MatrixColumn, NumberColumn, TrainingSet } from '#/matrix.ts';
export {
  DATE_PARTS,
  type ColumnPlan,
  type DatePart,
  type PreparedColumn,
  type PreparingPlan,
} from '#/preparing/plan.ts';
export type { Preparing, PreparingInput } from '#/preparing/preparing.ts';
export { readTarget, type Target, type TargetOptions } from '#/preparing/target.ts';
export type { ColumnProfile, NumberProfile, Profile, TextProfile } from '#/profile/profile.ts';
export { seededRandom } from '#/random.ts';
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
