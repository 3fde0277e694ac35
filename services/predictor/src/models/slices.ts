import type { CallMeta } from '@mlab/kernel';
import type { Column, Columns, CompiledModel, Output, Outputs, Port } from '@mlab/onnx';
// Not all of it, which a lab without models need not load.
import { joined } from '@mlab/onnx/joined';

/** A slice is computed in about so many milliseconds; between slices others have their turn. */
const SLICE_MS = 4;
/** So many rows are computed at once before it is known how long they take. */
const FIRST_ROWS = 16;

/** Others have their turn, timers and sockets too. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Computes a compiled model for many rows, a few at a time. */
export class Slices {
  readonly #compiled: CompiledModel;
  readonly #widths: ReadonlyMap<string, number>;
  /** Outputs whose rows are their last dimension. */
  readonly #transposed: ReadonlySet<string>;
  /** How long a row took lately, in milliseconds. */
  #rowMs = SLICE_MS / FIRST_ROWS;

  constructor(compiled: CompiledModel) {
    this.#compiled = compiled;
    this.#transposed = new Set(compiled.outputs.flatMap(({ name, shape }) => (shape?.[0] === 1 ? [name] : [])));
    this.#widths = new Map(compiled.inputs.map((port) => [port.name, widthOf(port)]));
  }

  /** Whether so many rows can be computed at once. */
  fits(rows: number): boolean {
    return rows <= 1 || rows * this.#rowMs <= SLICE_MS;
  }

  /** At once, and remembers how long it took. */
  score(columns: Columns, rows: number): Outputs {
    const started = performance.now();
    const outputs = this.#compiled.score(columns);
    const rowMs = (performance.now() - started) / Math.max(1, rows);
    // Slow ones count soon, quick ones by and by: a slice that is too short costs little. A pause of the machine is no slow row.
    this.#rowMs = rowMs > this.#rowMs ? Math.min(rowMs, this.#rowMs * 2) : this.#rowMs * 0.9 + rowMs * 0.1;
    return outputs;
  }

  async scoreInTurns(columns: Columns, rows: number, { signal }: Pick<CallMeta, 'signal'>): Promise<Outputs> {
    const parts: { readonly outputs: Outputs }[] = [];
    for (let from = 0; from < rows;) {
      const most = Math.max(1, Math.floor(SLICE_MS / this.#rowMs));
      const to = Math.min(rows, from + most);
      parts.push({ outputs: this.score(this.#part(columns, from, to), to - from) });
      from = to;
      if (from === rows) break;
      await turn();
      signal.throwIfAborted();
    }
    return belowEachOther(parts, rows, this.#transposed);
  }

  #part(columns: Columns, from: number, to: number): Columns {
    const part: Record<string, Columns[string]> = Object.create(null) as Record<string, never>;
    for (const [name, width] of this.#widths) {
      if (!Object.hasOwn(columns, name)) continue;
      const given = columns[name] as Columns[string];
      if ('data' in given) part[name] = { data: sliced(given.data, from * width, to * width), dims: [to - from, ...given.dims.slice(1)] };
      else part[name] = sliced(given, from * width, to * width);
    }
    return part;
  }
}

/** How many values of a row an input has, where it says so. */
export const widthOf = ({ shape }: Pick<Port, 'shape'>): number =>
  (shape ?? []).slice(1).reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);

const sliced = (column: Column, from: number, to: number): Column =>
  ArrayBuffer.isView(column) ? (column as Float32Array).subarray(from, to) : (column as readonly number[]).slice(from, to);

/** What slices gave, below each other. */
function belowEachOther(parts: readonly { readonly outputs: Outputs }[], rows: number, transposed: ReadonlySet<string>): Outputs {
  const first = parts[0]?.outputs ?? {};
  if (parts.length === 1) return first;
  return Object.fromEntries(
    Object.entries(first).map(([name, { type, dims }]) => {
      const pieces = parts.map(({ outputs }) => (outputs[name] as Output).data);
      return [name, { type, dims: transposed.has(name) ? [1, rows] : [rows, ...dims.slice(1)], data: joined(pieces) }];
    }),
  );
}
