import { AppError } from '@mlab/kernel/errors';
import { LARGEST_PAGES } from '#/trees/kernels/kernels.ts';
import type { ObjectiveKind } from '#/trees/objectives/objective.ts';

/** What rules the search for splits; of LightGBM's parameters of these names. */
export interface SplitSettings {
  readonly lambdaL1: number;
  readonly lambdaL2: number;
  readonly minGain: number;
  readonly minRows: number;
  readonly minHessian: number;
}

/** A column as bins. */
export interface BinnedColumn {
  /** Bins of values; behind them stands one for missing values, where there is one. */
  readonly bins: number;
  readonly hasMissing: boolean;
  /** 1: what the trees say never falls where the value rises; -1: it never rises. */
  readonly monotone: number;
  /** Whether one bin may be split from all others. */
  readonly mayEqual: boolean;
}

/** All that threads which grow trees together know, beside what stands in their shared memory. */
export interface Job {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;
  readonly columns: readonly BinnedColumn[];
  readonly settings: SplitSettings;
  readonly objective: ObjectiveKind;
}

export interface Size {
  readonly rows: number;
  /** Trees of each iteration: one, or one for each class. */
  readonly outputs: number;
  readonly columns: readonly BinnedColumn[];
  readonly members: number;
  /** Histograms of whole leaves that are wanted at once. */
  readonly leaves: number;
  readonly hasWeights: boolean;
}

/** Where everything stands in the memory, in bytes. */
export interface Layout extends Omit<Size, 'columns' | 'leaves'> {
  /** Bins of each column before it, of all columns behind the last. */
  readonly starts: readonly number[];
  /** Histograms of leaves that there is room for. */
  readonly slots: number;
  readonly control: number;
  readonly numbers: number;
  readonly used: number;
  readonly table: number;
  readonly found: number;
  readonly bins: number;
  readonly order: number;
  readonly scratch: number;
  readonly gradients: number;
  readonly ordered: number;
  readonly scores: number;
  readonly target: number;
  readonly weights: number;
  readonly histograms: number;
  readonly bytes: number;
}

export const BIN_BYTES = 16;
/** Doubles that a member says of the best split of a column. */
export const FOUND = 8;
/** Histograms take no more than this unless two do not fit: what was forgotten is built again. */
const HISTOGRAM_BYTES = 512 * 2 ** 20;

export function layOutMemory({ rows, outputs, columns, members, leaves, hasWeights }: Size): Layout {
  const starts = [0];
  for (const { bins, hasMissing } of columns) starts.push((starts.at(-1) ?? 0) + bins + Number(hasMissing));
  const slotBytes = (starts.at(-1) ?? 0) * BIN_BYTES;
  const slots = Math.max(2, Math.min(leaves + 1, Math.floor(HISTOGRAM_BYTES / slotBytes)));
  let end = 0;
  const place = (bytes: number): number => {
    const start = end;
    end = Math.ceil((start + bytes) / BIN_BYTES) * BIN_BYTES;
    return start;
  };
  const layout = {
    rows,
    outputs,
    members,
    hasWeights,
    starts,
    slots,
    control: place(4 * 32),
    numbers: place(8 * 32),
    used: place(columns.length),
    table: place(256),
    found: place(columns.length * 2 * FOUND * 8),
    bins: place(columns.length * rows),
    order: place(rows * 4),
    scratch: place(rows * 4),
    gradients: place(outputs * rows * 8),
    ordered: place(members * rows * 8),
    scores: place(outputs * rows * 8),
    target: place(rows * 8),
    weights: place(hasWeights ? rows * 8 : 0),
    histograms: place(slots * slotBytes),
  };
  if (end > LARGEST_PAGES * 65_536) {
    throw new AppError(
      'too_large',
      `Boosting ${rows} rows of ${columns.length} columns takes ${(end / 2 ** 30).toFixed(1)} GiB of at most 4.`,
    );
  }
  return { ...layout, bytes: end };
}

export function makeMemory({ bytes }: Layout): WebAssembly.Memory {
  const pages = Math.ceil(bytes / 65_536);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    // Each memory also takes addresses far beyond its own size.
    throw new AppError('unavailable', `Boosting takes ${(bytes / 2 ** 30).toFixed(2)} GiB of memory, which there are not now.`, { cause });
  }
}

/** The memory as arrays. */
export function viewsOf({ memory, layout, columns }: Job) {
  const { buffer } = memory;
  const { rows, outputs, starts, slots } = layout;
  return {
    control: new Int32Array(buffer, layout.control, 32),
    numbers: new Float64Array(buffer, layout.numbers, 32),
    used: new Uint8Array(buffer, layout.used, columns.length),
    table: new Uint8Array(buffer, layout.table, 256),
    found: new Float64Array(buffer, layout.found, columns.length * 2 * FOUND),
    order: new Int32Array(buffer, layout.order, rows),
    gradients: new Int32Array(buffer, layout.gradients, outputs * rows * 2),
    scores: new Float64Array(buffer, layout.scores, outputs * rows),
    target: new Float64Array(buffer, layout.target, rows),
    weights: layout.hasWeights ? new Float64Array(buffer, layout.weights, rows) : undefined,
    /** Of int64, low words first. */
    histograms: new Int32Array(buffer, layout.histograms, slots * (starts.at(-1) ?? 0) * 4),
  };
}

export type Views = ReturnType<typeof viewsOf>;
export const columnBins = ({ memory, layout }: Pick<Job, 'memory' | 'layout'>, column: number): Uint8Array =>
  new Uint8Array(memory.buffer, layout.bins + column * layout.rows, layout.rows);
