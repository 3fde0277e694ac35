import { CHART_STYLE } from '#/report/charts/chart-style.ts';
import type { Report } from '#/report/contents.ts';
import { markup, Markup } from '#/report/markup.ts';
import { PAGE_STYLE } from '#/report/page-style.ts';
import { tiles } from '#/report/sections/metrics.ts';
import { figure, type Section } from '#/report/sections/section.ts';

const TASKS: Readonly<Record<Report['task'], string>> = {
  binary: 'Binary classification',
  multiclass: 'Classification',
  regression: 'Regression',
  clustering: 'Clustering',
  anomaly: 'Anomaly detection',
};

/** Nothing may be fetched, and nothing may run. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export function page(report: Report, sections: readonly Section[]): string {
  const { title, summary, created, task, warnings = [] } = report;
  const html = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<title>${title}</title>
<style>${new Markup(PAGE_STYLE)}${new Markup(CHART_STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<p class="brand"><span aria-hidden="true" class="mark"></span>ML Microservices Lab</p>
<h1>${title}</h1>
<p class="sub">${TASKS[task]} · <time datetime="${created}">${readable(created)}</time></p>
${summary !== undefined && markup`<p class="summary">${summary}</p>`}
${warnings.length > 0 && markup`<div class="warnings" role="note"><p><strong>Before you trust it</strong></p><ul>${warnings.map((warning) => markup`<li>${warning}</li>`)}</ul></div>`}
${tiles(report)}
<nav aria-label="Parts of this report"><ul>${sections.map((section) => markup`<li><a href="#${section.id}">${section.title}</a></li>`)}</ul></nav>
</header>
<main id="content">
${sections.map(
  ({ id, title: heading, intro, charts, body }) => markup`<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${heading}</h2>
${intro !== undefined && markup`<p class="intro">${intro}</p>`}
${charts.length > 0 && markup`<div class="figures">${charts.map(figure)}</div>`}
${body}
</section>
`,
)}</main>
<footer><p>${title} · ${readable(created)}</p></footer>
</body>
</html>
`;
  return html.text;
}

/** `2026-11-25 20:47 UTC`; what is no time stays as it is. */
function readable(created: string): string {
  const time = new Date(created);
  return Number.isNaN(time.getTime()) ? created : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
