import type { Chart, TableOf } from '#/report/charts/chart.ts';
import { dashOf, seriesClass } from '#/report/charts/chart-style.ts';
import { dashed, pathThrough, plot, px, type LegendEntry, type Plot } from '#/report/charts/plot.ts';
import { linear, type Scale } from '#/report/charts/scale.ts';
import { markup, type Markup } from '#/report/markup.ts';

export interface Line {
  readonly label: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  /** Goes up and down at points instead of straight to the next. */
  readonly step?: boolean;
  /** Points are marked, without a line between them where it says only. */
  readonly dots?: boolean | 'only';
  /** Index of its colour. Default: its place. */
  readonly series?: number;
  /** Lines of points that may be passed over with a pointer show this. */
  readonly titles?: readonly string[];
}

/** Where to look: a straight dashed line. */
export interface Guide {
  readonly label?: string;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

export interface LineChartOptions {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly x: { readonly title: string; readonly scale?: Scale };
  readonly y: { readonly title: string; readonly scale?: Scale };
  readonly lines: readonly Line[];
  readonly guides?: readonly Guide[];
  readonly table: TableOf;
  readonly width?: number;
  readonly height?: number;
  readonly wide?: boolean;
  /** Without, where one line needs no name. Default: where there are more lines or named guides. */
  readonly legend?: boolean;
}

export function lineChart(options: LineChartOptions): Chart {
  const { name, title, description, x, y, lines, guides = [], table, width, height, wide } = options;
  const all = (pick: (line: Line) => readonly (number | null)[]): number[] =>
    lines.flatMap((line) => pick(line).filter((value) => value !== null));
  const frame = plot({
    x: {
      title: x.title,
      scale: x.scale ?? scaleOf([...all((line) => line.x), ...guides.flatMap(({ from, to }) => [from[0], to[0]])], true),
    },
    y: { title: y.title, scale: y.scale ?? scaleOf([...all((line) => line.y), ...guides.flatMap(({ from, to }) => [from[1], to[1]])]) },
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    legend: (options.legend ?? lines.length + guides.filter(({ label }) => label !== undefined).length > 1) ? legendOf(lines, guides) : [],
  });
  const drawn = [
    ...guides.map(
      ({ from, to }) => markup`<path class="guide" d="M${frame.x(from[0])} ${frame.y(from[1])}L${frame.x(to[0])} ${frame.y(to[1])}"/>`,
    ),
    ...lines.map((line, at) => drawLine(line, at, frame)),
  ];
  const { width: w, height: h } = frame;
  return { name, title, description, width: w, height: h, body: frame.draw(drawn), table, ...(wide === undefined ? {} : { wide }) };
}

function drawLine(line: Line, at: number, frame: Plot): Markup {
  const series = line.series ?? at;
  const points = line.x.map((x, index) => {
    const y = line.y[index];
    return y === null || y === undefined ? null : ([frame.x(x), frame.y(y)] as const);
  });
  const dash = dashFor(line, at);
  const way =
    line.dots === 'only'
      ? ''
      : markup`<path class="line ${seriesClass('stroke', series)}" d="${pathThrough(points, line.step)}"${dashed(dash)}/>`;
  const dots =
    line.dots === undefined || line.dots === false
      ? []
      : points.map((point, index) => {
          const tip = line.titles?.[index];
          return (
            point !== null &&
            markup`<circle class="${line.dots === 'only' ? 'dot ' : ''}${seriesClass('fill', series)}" cx="${px(point[0])}" cy="${px(point[1])}" r="3.2">${tip !== undefined && markup`<title>${tip}</title>`}</circle>`
          );
        });
  return markup`<g>${way}${dots}</g>`;
}

/** Lines that choose their colour are one of a kind. */
const dashFor = ({ series }: Line, at: number): string | undefined => (series === undefined ? dashOf(at) : undefined);

const legendOf = (lines: readonly Line[], guides: readonly Guide[]): readonly LegendEntry[] => [
  ...lines.map((line, at): LegendEntry => ({
    label: line.label,
    series: line.series ?? at,
    mark: line.dots === 'only' ? 'dot' : 'line',
    dash: dashFor(line, at),
  })),
  ...guides.flatMap(({ label }): LegendEntry[] => (label === undefined ? [] : [{ label, series: 0, mark: 'guide' }])),
];

const scaleOf = (values: readonly number[], exact = false): Scale =>
  linear({ low: least(values, Math.min, 0), high: least(values, Math.max, 1), exact });

const least = (values: readonly number[], of: (a: number, b: number) => number, fallback: number): number =>
  values.length === 0 ? fallback : values.reduce((a, b) => of(a, b));
