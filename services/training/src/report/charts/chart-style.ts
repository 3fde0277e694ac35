/**
 * Colours and type of charts, in light and in dark. The colours of series can be told apart with any kind of colour blindness, and lines
 * differ by their dashes too. It holds no `<` and no `&`, so that it may stand in an SVG file as it is.
 */
export const CHART_STYLE = `.mlab-chart{--paper:#fff;--ink:#1c2430;--soft:#5a6675;--rule:#e3e7ec;--s1:#2563c9;--s2:#d5690c;--s3:#0f8a7e;--s4:#9a4cc3;--s5:#b3266a;--s6:#8a6d00;--s7:#4b7f1f;--s8:#5b6b7e;--good:#0f8a7e;--bad:#c2361f;font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
@media (prefers-color-scheme:dark){.mlab-chart{--paper:#11161d;--ink:#e7ebf1;--soft:#9ba8b8;--rule:#2a333f;--s1:#74a5ff;--s2:#f3a35c;--s3:#4fcabb;--s4:#cf9bf0;--s5:#f08cb8;--s6:#dcc158;--s7:#9bd06f;--s8:#a3b3c6;--good:#4fcabb;--bad:#ff8f7a}}
@media print{.mlab-chart{--paper:#fff;--ink:#1c2430;--soft:#5a6675;--rule:#e3e7ec;--s1:#2563c9;--s2:#d5690c;--s3:#0f8a7e;--s4:#9a4cc3;--s5:#b3266a;--s6:#8a6d00;--s7:#4b7f1f;--s8:#5b6b7e;--good:#0f8a7e;--bad:#c2361f}}
svg.mlab-chart{overflow:visible}
.mlab-chart .paper{fill:var(--paper)}
.mlab-chart text{fill:var(--soft)}
.mlab-chart .title{fill:var(--ink);font-size:15px;font-weight:600}
.mlab-chart .label,.mlab-chart .value{fill:var(--ink)}
.mlab-chart .small{font-size:11px}
.mlab-chart .grid{stroke:var(--rule);stroke-width:1;fill:none}
.mlab-chart .axis{stroke:var(--soft);stroke-width:1;fill:none}
.mlab-chart .guide{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3;fill:none}
.mlab-chart .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.mlab-chart .thin{fill:none;stroke-width:1.25}
.mlab-chart .halo{fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.mlab-chart .whisker{stroke:var(--ink);stroke-width:1.25;fill:none}
.mlab-chart .dot{fill-opacity:.55}
.mlab-chart .area{fill-opacity:.28;stroke-width:1.25}
${Array.from({ length: 8 }, (_, at) => `.mlab-chart .stroke-${at + 1}{stroke:var(--s${at + 1})}.mlab-chart .fill-${at + 1}{fill:var(--s${at + 1})}`).join('\n')}
.mlab-chart .fill-good{fill:var(--good)}.mlab-chart .fill-bad{fill:var(--bad)}
`;

/** Series beyond the colours differ by their dashes. */
const DASHES = ['', '6 3', '2 3', '8 3 2 3'];

export const seriesClass = (kind: 'stroke' | 'fill', at: number): string => `${kind}-${(at % 8) + 1}`;

/** Lines beyond the first have dashes where they are few, so that a print in grey tells them apart. */
export const dashOf = (at: number): string | undefined => DASHES[at % DASHES.length] || undefined;
