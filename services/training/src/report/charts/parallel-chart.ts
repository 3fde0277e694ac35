import type { Chart } from '#/report/charts/chart.ts';
import { pathThrough, px } from '#/report/charts/plot.ts';
import { fitted } from '#/report/charts/text-width.ts';
import { categories, linear, logarithmic, type Scale } from '#/report/charts/scale.ts';
import { number } from '#/report/format.ts';
import { markup } from '#/report/markup.ts';

export interface ParallelAxis {
  readonly title: string;
  /** Of each line; null where it has none. */
  readonly values: readonly (string | number | boolean | null)[];
}

export interface ParallelChartOptions {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The last one is what lines are judged by. */
  readonly axes: readonly ParallelAxis[];
  readonly better: 'higher' | 'lower';
  /** Name of each line. */
  readonly lines: readonly string[];
}

const HEIGHT = 300;
const [TOP, BOTTOM] = [44, HEIGHT - 16];

/** A line for each trial, across an axis for each hyperparameter (Inselberg, 1985); the best tenth is strong. */
export function parallelChart({ name, title, description, axes, better, lines: names }: ParallelChartOptions): Chart {
  const width = Math.max(460, Math.min(960, 150 * axes.length));
  const scales = axes.map(({ values }) => scaleFor(values));
  const x = (axis: number): number => 56 + (axis * (width - 112)) / Math.max(1, axes.length - 1);
  const judged = axes.at(-1)?.values ?? [];
  const order = [...judged.keys()]
    .filter((line) => typeof judged[line] === 'number')
    .toSorted((a, b) => ((judged[a] as number) - (judged[b] as number)) * (better === 'higher' ? 1 : -1));
  const strong = new Set(order.slice(-Math.max(1, Math.round(order.length / 10))));
  const lines = order.map((line, rank) => {
    const points = axes.map(({ values }, axis) => {
      const place = scales[axis]?.place(values[line] ?? null);
      return place === undefined ? null : ([x(axis), BOTTOM - place * (BOTTOM - TOP)] as const);
    });
    const isStrong = strong.has(line);
    const faint = 0.15 + (0.4 * rank) / Math.max(1, order.length);
    return markup`<path class="${isStrong ? 'line stroke-2' : 'thin stroke-1'}" ${isStrong ? '' : markup`opacity="${px(faint * 100) / 100}"`} d="${pathThrough(points)}"/>`;
  });
  const drawn = axes.map(({ title: label }, axis) => {
    const at = px(x(axis));
    const isLast = axis === axes.length - 1;
    const ticks = (scales[axis]?.scale.ticks ?? []).map(({ value, label: tick }) => {
      const y = px(BOTTOM - (scales[axis]?.scale.at(value) ?? 0) * (BOTTOM - TOP));
      return markup`<path class="axis" d="M${at} ${y}h${isLast ? 4 : -4}"/><text class="small halo" x="${isLast ? px(at + 7) : px(at - 7)}" y="${px(y + 4)}" text-anchor="${isLast ? 'start' : 'end'}">${fitted(tick, 70)}</text>`;
    });
    return markup`<path class="axis" d="M${at} ${TOP}V${BOTTOM}"/><text class="label" x="${at}" y="24" text-anchor="middle">${fitted(label, 140)}<title>${label}</title></text>${ticks}`;
  });
  return {
    name,
    title,
    description,
    width,
    height: HEIGHT,
    body: markup`${lines}${drawn}`,
    wide: true,
    table: {
      head: ['', ...axes.map((axis) => axis.title)],
      rows: order.toReversed().map((line) => [names[line] ?? '', ...axes.map(({ values }) => cellOf(values[line] ?? null))]),
    },
  };
}

const cellOf = (value: string | number | boolean | null): string =>
  value === null ? '–' : typeof value === 'number' ? number(value) : String(value);

interface Placing {
  readonly scale: Scale;
  place(value: string | number | boolean | null): number | undefined;
}

/** Numbers over more than two powers of ten on a logarithmic axis, other numbers on a linear one, and texts one above the other. */
function scaleFor(values: readonly (string | number | boolean | null)[]): Placing {
  const present = values.filter((value) => value !== null);
  if (present.length > 0 && present.every((value) => typeof value === 'number')) {
    const [low, high] = [present.reduce((a, b) => Math.min(a, b)), present.reduce((a, b) => Math.max(a, b))];
    const scale = low > 0 && high / low > 100 ? logarithmic(low, high) : linear({ low, high, exact: true, ticks: 4 });
    return { scale, place: (value) => (typeof value === 'number' ? scale.at(value) : undefined) };
  }
  const names = [...new Set(present.map(String))].toSorted((a, b) => a.localeCompare(b, 'en'));
  const scale = categories(names);
  return { scale, place: (value) => (value === null ? undefined : scale.at(names.indexOf(String(value)))) };
}
