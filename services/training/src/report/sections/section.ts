import { inlineSvg, type Chart, type TableOf } from '#/report/charts/chart.ts';
import type { Fact } from '#/report/contents.ts';
import { number } from '#/report/format.ts';
import { markup, type Markup, type Piece } from '#/report/markup.ts';

/** A part of a report. One that has nothing to say is left out. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** What it is good for, for whoever has not seen one before. */
  readonly intro?: string;
  readonly charts: readonly Chart[];
  readonly body?: Piece;
}

/** More rows of a chart's table than this tell nobody anything; charts with more say how many there are. */
const TABLE_ROWS = 60;

/** A chart with what it shows as a table below, for readers that see no charts. */
export function figure(chart: Chart): Markup {
  const caption = markup`<figcaption><h3>${chart.title}</h3><p>${chart.description}</p></figcaption>`;
  const drawn =
    chart.wide === true
      ? markup`<div class="scroll" tabindex="0" role="region" aria-label="${chart.title}"><div class="broad">${inlineSvg(chart)}</div></div>`
      : inlineSvg(chart);
  return markup`<figure class="${chart.wide === true ? 'wide' : ''}">${caption}${drawn}<details><summary>Show as a table</summary>${table(everyFew(chart.table), chart.title)}</details></figure>`;
}

function everyFew({ head, rows }: TableOf): TableOf {
  if (rows.length <= TABLE_ROWS) return { head, rows };
  const places = Array.from({ length: TABLE_ROWS }, (_, at) => Math.round((at * (rows.length - 1)) / (TABLE_ROWS - 1)));
  return { head, rows: places.map((place) => rows[place] ?? []) };
}

/** Names to the left, numbers to the right. A table that is too broad is scrolled by itself. */
export function table({ head, rows }: TableOf, label: string): Markup {
  const isNumeric = head.map((_, column) => rows.length > 0 && rows.every((row) => /^$|^[–—+−]?[\d.,]+|^–$/.test(row[column] ?? '')));
  const cell = (text: string, column: number): Markup =>
    column === 0 ? markup`<th scope="row">${text}</th>` : markup`<td${isNumeric[column] === true && markup` class="n"`}>${text}</td>`;
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table class="${head.length <= 3 ? 'narrow' : 'broad'}"><thead><tr>${head.map((title, column) => markup`<th scope="col"${isNumeric[column] === true && column > 0 && markup` class="n"`}>${title}</th>`)}</tr></thead><tbody>${rows.map((row) => markup`<tr>${row.map(cell)}</tr>`)}</tbody></table></div>`;
}

export const facts = (list: readonly Fact[]): Markup =>
  markup`<dl class="facts">${list.map(({ name, value }) => markup`<div><dt>${name}</dt><dd>${shown(value)}</dd></div>`)}</dl>`;

export function shown(value: Fact['value']): string {
  if (value === null) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? (Number.isInteger(value) ? value.toLocaleString('en-US') : number(value)) : value;
}
