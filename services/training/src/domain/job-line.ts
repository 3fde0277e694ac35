export type LineLevel = 'info' | 'warning' | 'error';

/** One thing that a job says. */
export interface JobLine {
  /** From 1. */
  readonly number: number;
  readonly at: Date;
  readonly level: LineLevel;
  readonly text: string;
}
