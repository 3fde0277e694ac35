export type { CategoryColumn, Matrix, MatrixColumn, NumberColumn, TrainingSet } from '#/matrix.ts';
export { seededRandom } from '#/random.ts';
export { TASKS, type Task, type TaskKind } from '#/task.ts';
export type { Fitted, Iteration, Range, Space, Trainer, TrainerContext, Written } from '#/trainer.ts';
