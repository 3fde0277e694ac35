import type { TrainingDisplay } from '../train/display.ts';
import type { DemoDataset } from './demo-datasets.ts';
import type { DemoLab } from './demo-lab.ts';

export interface Demo {
  readonly lab: DemoLab;
  /** The dataset's, and the model's. */
  readonly name: string;
  readonly dataset: DemoDataset;
  readonly display: TrainingDisplay;
  readonly signal: AbortSignal;
  /** What earlier steps have made. */
  readonly made: Made;
}

export interface Made {
  dataset?: string;
  /** The job, as long as it has not ended: whoever interrupts the demo has it cancelled. */
  training?: string;
  job?: string;
  version?: number;
  /** What the baseline has, of the metric that counts. */
  bound?: { readonly metric: string; readonly op: '>' | '<'; readonly value: number; readonly reached: number };
}

/** What a step tells: lines for people, and the same as data for programs. */
export interface Told {
  readonly lines: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

export interface DemoStep {
  readonly name: string;
  heading(demo: Demo): string;
  run(demo: Demo): Promise<Told>;
}

/** Lines of a table, without its end. */
export const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n');
