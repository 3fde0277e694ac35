import { CHART_STYLE } from '#/report/charts/chart-style.ts';
import { markup, Markup } from '#/report/markup.ts';

/** What a chart shows, for whoever cannot see it. */
export interface TableOf {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Chart {
  /** Unlike that of any other chart of a report: `roc-curve`. Its file is called after it. */
  readonly name: string;
  readonly title: string;
  /** What there is to see, in a sentence. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly body: Markup;
  readonly table: TableOf;
  /** Takes the whole width of a page. */
  readonly wide?: boolean;
}

/** A chart in a page that has `CHART_STYLE`. */
export const inlineSvg = ({ name, title, description, width, height, body }: Chart): Markup =>
  markup`<svg class="mlab-chart" role="img" viewBox="0 0 ${width} ${height}" aria-labelledby="${name}-title ${name}-description"><title id="${name}-title">${title}</title><desc id="${name}-description">${description}</desc>${body}</svg>`;

/** A chart as a file of its own. */
export function svgFile({ title, description, width, height, body }: Chart): string {
  const size = { width: width + 2 * PADDING, height: height + TITLE + PADDING };
  const file = markup`<svg xmlns="http://www.w3.org/2000/svg" class="mlab-chart" role="img" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}"><title>${title}</title><desc>${description}</desc><style>${new Markup(CHART_STYLE)}</style><rect class="paper" width="100%" height="100%"/><text class="title" x="${PADDING}" y="26">${title}</text><g transform="translate(${PADDING} ${TITLE})">${body}</g></svg>
`;
  return file.text;
}

const PADDING = 16;
const TITLE = 40;
