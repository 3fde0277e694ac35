import type { Chart } from '#/report/charts/chart.ts';
import { px, WIDTH } from '#/report/charts/plot.ts';
import { linear } from '#/report/charts/scale.ts';
import { fitted, textWidth } from '#/report/charts/text-width.ts';
import { number } from '#/report/format.ts';
import { markup } from '#/report/markup.ts';

export interface Bar {
  readonly label: string;
  /** Instead of the label, where there is little room. */
  readonly short?: string;
  readonly value: number;
  /** Ends of a whisker. */
  readonly low?: number;
  readonly high?: number;
}

export interface BarChartOptions {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** From the top down. */
  readonly bars: readonly Bar[];
  readonly valueTitle: string;
  readonly labelTitle: string;
  readonly format?: (value: number) => string;
  /** Bars below 0 are in another colour, as worse. */
  readonly judged?: boolean;
}

const ROW = 24;

/** Bars from the left to the right, each with its name and its value, so that nobody has to look for it along an axis. */
export function barChart({
  name,
  title,
  description,
  bars,
  valueTitle,
  labelTitle,
  format = number,
  judged = false,
}: BarChartOptions): Chart {
  const labels = bars.map(({ label, short }) => fitted(short ?? label, 200));
  const values = bars.map(({ value }) => format(value));
  const lows = bars.map(({ value, low }) => Math.min(0, low ?? value));
  const highs = bars.map(({ value, high }) => Math.max(0, high ?? value));
  const left = Math.min(210, Math.max(40, ...labels.map((label) => textWidth(label) + 10)));
  const room = Math.max(30, ...values.map((value) => textWidth(value) + 8));
  const low = Math.min(0, ...lows);
  const high = Math.max(low === 0 ? Number.MIN_VALUE : 0, ...highs);
  const scale = linear({ low, high, exact: true, ticks: 4 });
  const isSplit = low < 0;
  const [start, end] = [left + (isSplit ? room : 4), WIDTH - room];
  const at = (value: number): number => px(start + ((value - low) / (high - low || 1)) * (end - start));
  const rows = bars.map(({ label, value, low: from, high: to }, row) => {
    const y = 8 + row * ROW;
    const [a, b] = value < 0 ? [at(value), at(0)] : [at(0), at(value)];
    const colour = judged ? (value < 0 ? 'fill-bad' : 'fill-good') : 'fill-1';
    const edge = value < 0 ? Math.min(a, at(from ?? value)) - 6 : Math.max(b, at(to ?? value)) + 6;
    const whisker =
      from !== undefined &&
      to !== undefined &&
      to > from &&
      markup`<path class="whisker" d="M${at(from)} ${y + 8}H${at(to)}M${at(from)} ${y + 5}v6M${at(to)} ${y + 5}v6"/>`;
    return markup`<g><text class="label" x="${px(left - 6)}" y="${y + 12}" text-anchor="end">${labels[row]}<title>${label}</title></text><rect class="${colour}" x="${a}" y="${y}" width="${px(Math.max(0.5, b - a))}" height="16" rx="2"/>${whisker}<text class="value" x="${px(edge)}" y="${y + 12}" text-anchor="${value < 0 ? 'end' : 'start'}">${values[row]}</text></g>`;
  });
  const height = 8 + bars.length * ROW + 22;
  const bottom = 8 + bars.length * ROW - 2;
  const body = markup`${scale.ticks.map(({ value }) => markup`<path class="grid" d="M${at(value)} 2V${bottom}"/>`)}<path class="axis" d="M${at(0)} 2V${bottom}"/>${rows}<text class="small" x="${WIDTH}" y="${height - 4}" text-anchor="end">${valueTitle}</text>`;
  return {
    name,
    title,
    description,
    width: WIDTH,
    height,
    body,
    table: {
      head: [labelTitle, valueTitle, ...(bars.some((bar) => bar.low !== undefined) ? ['From', 'To'] : [])],
      rows: bars.map((bar) => [
        bar.label,
        format(bar.value),
        ...(bar.low === undefined ? [] : [format(bar.low), format(bar.high ?? bar.low)]),
      ]),
    },
  };
}
