export const KINDS = ['experiment', 'run', 'file', 'logged model', 'registered model', 'version', 'alias'] as const;
export type Kind = (typeof KINDS)[number];
export type Outcome = 'brought' | 'skipped' | 'failed';

/** What became of one thing. */
export interface Told {
  readonly kind: Kind;
  readonly id: string;
  readonly outcome: Outcome;
  readonly reason?: string;
}
