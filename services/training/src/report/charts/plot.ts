import { seriesClass } from '#/report/charts/chart-style.ts';
import type { Scale } from '#/report/charts/scale.ts';
import { fitted, textWidth } from '#/report/charts/text-width.ts';
import { markup, type Markup, type Piece } from '#/report/markup.ts';

export const WIDTH = 460;
const HEIGHT = 300;

/** Numbers in SVG need no more than a tenth of a pixel. */
export const px = (value: number): number => Math.round(value * 10) / 10;

export interface Axis {
  readonly scale: Scale;
  readonly title: string;
}

export interface PlotOptions {
  readonly x: Axis;
  readonly y: Axis;
  readonly width?: number;
  readonly height?: number;
  readonly legend?: readonly LegendEntry[];
}

export interface LegendEntry {
  readonly label: string;
  /** Of the series whose colour it shows. */
  readonly series: number;
  readonly mark: 'line' | 'guide' | 'dot' | 'area';
  /** Of a line. */
  readonly dash?: string | undefined;
}

/** The part of a chart between its axes. */
export interface Plot {
  readonly width: number;
  readonly height: number;
  x(value: number): number;
  y(value: number): number;
  /** Axes, grid and legend; what is drawn comes on top. */
  draw(content: Piece): Markup;
}

/** Axes with the title of y above it, where it can be read without turning one's head. */
export function plot({ x, y, width = WIDTH, height = HEIGHT, legend = [] }: PlotOptions): Plot {
  const rows = legendRows(legend, width);
  const left = Math.max(28, ...y.scale.ticks.map(({ label }) => textWidth(label) + 12));
  const [top, right, bottom] = [26 + rows.length * 18, width - Math.max(12, textWidth(x.scale.ticks.at(-1)?.label ?? '') / 2), height - 40];
  const toX = (value: number): number => px(left + x.scale.at(value) * (right - left));
  const toY = (value: number): number => px(bottom - y.scale.at(value) * (bottom - top));
  const gridY = y.scale.ticks.map(
    ({ value, label }) =>
      markup`<path class="grid" d="M${px(left)} ${toY(value)}H${px(right)}"/><text x="${px(left - 7)}" y="${px(toY(value) + 4)}" text-anchor="end">${label}</text>`,
  );
  const gridX = x.scale.ticks.map(
    ({ value, label }) =>
      markup`<path class="axis" d="M${toX(value)} ${px(bottom)}v4"/><text x="${toX(value)}" y="${px(bottom + 18)}" text-anchor="middle">${label}</text>`,
  );
  return {
    width,
    height,
    x: toX,
    y: toY,
    draw: (content) =>
      markup`${drawLegend(rows)}<text class="small" x="0" y="${px(top - 14)}">${y.title}</text>${gridY}<path class="axis" d="M${px(left)} ${px(bottom)}H${px(right)}"/>${gridX}<text class="small" x="${px(right)}" y="${px(height - 4)}" text-anchor="end">${x.title}</text>${content}`,
  };
}

interface PlacedEntry extends LegendEntry {
  readonly x: number;
}

function legendRows(legend: readonly LegendEntry[], width: number): readonly (readonly PlacedEntry[])[] {
  const rows: PlacedEntry[][] = [];
  let x = Number.POSITIVE_INFINITY;
  for (const entry of legend) {
    const label = fitted(entry.label, 240);
    const needed = 24 + textWidth(label) + 14;
    if (x + needed - 14 > width) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1)?.push({ ...entry, label, x });
    x += needed;
  }
  return rows;
}

const drawLegend = (rows: readonly (readonly PlacedEntry[])[]): readonly Markup[] =>
  rows.flatMap((row, at) =>
    row.map(
      ({ label, x, ...entry }) =>
        markup`${drawMark(entry, { x, y: 8 + at * 18 })}<text class="label" x="${px(x + 22)}" y="${12 + at * 18}">${label}</text>`,
    ),
  );

function drawMark({ mark, series, dash }: Omit<LegendEntry, 'label'>, { x, y }: { readonly x: number; readonly y: number }): Markup {
  if (mark === 'dot') return markup`<circle class="${seriesClass('fill', series)}" cx="${px(x + 8)}" cy="${y}" r="4"/>`;
  if (mark === 'area') {
    return markup`<rect class="area ${seriesClass('fill', series)} ${seriesClass('stroke', series)}" x="${px(x + 1)}" y="${y - 5}" width="14" height="10"/>`;
  }
  if (mark === 'guide') return markup`<path class="guide" d="M${px(x)} ${y}h16"/>`;
  return markup`<path class="line ${seriesClass('stroke', series)}" d="M${px(x)} ${y}h16"${dashed(dash)}/>`;
}

export const dashed = (dash: string | undefined): Markup | undefined =>
  dash === undefined ? undefined : markup` stroke-dasharray="${dash}"`;

/** A way through points; gaps where a value is null. */
export function pathThrough(points: readonly (readonly [number, number] | null)[], step = false): string {
  let isOpen = false;
  return points
    .map((point) => {
      if (point === null) {
        isOpen = false;
        return '';
      }
      const [x, y] = [px(point[0]), px(point[1])];
      const part = !isOpen ? `M${x} ${y}` : step ? `H${x}V${y}` : `L${x} ${y}`;
      isOpen = true;
      return part;
    })
    .join('');
}
