import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Evaluation } from '@mlab/learning';
import { fitted } from '#/report/charts/text-width.ts';
import { linear, logarithmic, tickLabel } from '#/report/charts/scale.ts';
import type { Report } from '#/report/contents.ts';
import { number, percent, signed } from '#/report/format.ts';
import { markup } from '#/report/markup.ts';
import { plotsOf, renderReport } from '#/report/report.ts';
import { anomalyReport, sampleReports } from './sample-reports.ts';
import { assertWellFormed } from './well-formed.ts';

const samples = sampleReports();
const HOSTILE = `<script>alert("1")</script>&'\u0000\uD800 ]]>`;
const SHOWN = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;\uFFFD\uFFFD ]]&gt;';

const svgsOf = (html: string): readonly string[] => html.match(/<svg[\s\S]*?<\/svg>/g) ?? [];

for (const [name, report] of Object.entries(samples)) {
  suite(`the report of ${name}`, () => {
    const html = renderReport(report);

    test('is one page that fetches nothing and runs nothing', () => {
      assert.match(html, /^<!doctype html>\n<html lang="en">/);
      assert.doesNotMatch(html, /<script|<link|<img|<iframe|<object|\son[a-z]+=|javascript:|@import|url\(/i);
      assert.doesNotMatch(html.replaceAll('http-equiv', ''), /https?:/i);
      assert.match(html, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'/);
    });

    test('has a heading for each part, which its contents lead to', () => {
      const ids = [...html.matchAll(/<section id="([^"]+)" aria-labelledby="([^"]+)"/g)].map((match) => match[1]);
      const links = [...html.matchAll(/<a href="#([^"]+)">/g)].map((match) => match[1]);
      assert.deepEqual(links, ids);
      assert.ok(ids.includes('data') && ids.includes('training') && ids.length >= 3);
      assert.equal((html.match(/<h1>/g) ?? []).length, 1);
    });

    test('has well-formed charts, each with a title, a description and a table', () => {
      const svgs = svgsOf(html);
      for (const svg of svgs) {
        assertWellFormed(svg);
        assert.match(
          svg,
          /^<svg [^>]*role="img"[^>]*aria-labelledby="[^"]+"><title id="[^"]+">[^<]+<\/title><desc id="[^"]+">[^<]+<\/desc>/,
        );
      }
      assert.ok(svgs.length > 0);
      const figures = html.match(/<figure[\s\S]*?<\/figure>/g) ?? [];
      assert.equal(figures.length, svgs.length);
      for (const figure of figures)
        assert.match(figure, /<figcaption><h3>[^<]+<\/h3><p>[^<]+<\/p>[\s\S]*<table class="(?:broad|narrow)">[\s\S]*<tbody><tr>/);
      const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
      assert.deepEqual(ids, [...new Set(ids)]);
    });

    test('has charts that are files too', () => {
      const plots = plotsOf(report);
      assert.equal(plots.length, svgsOf(html).length);
      for (const plot of plots) {
        assert.match(plot.name, /^[a-z-]+\.svg$/);
        assert.match(plot.svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^>]*width="\d+" height="\d+"/);
        assertWellFormed(plot.svg);
      }
      assert.equal(new Set(plots.map((plot) => plot.name)).size, plots.length);
    });

    test('shows no number that is none', () =>
      assert.doesNotMatch(html.replace(/<style>[\s\S]*?<\/style>/g, ''), /NaN|Infinity|undefined|\[object/));
  });
}

test('whatever kind of model it is, its charts are there', () => {
  const names = Object.fromEntries(
    Object.entries(samples).map(([kind, report]) => [kind, plotsOf(report).map(({ name }) => name.replace('.svg', ''))]),
  );
  assert.deepEqual(names['binary'], [
    'confusion-matrix',
    'roc-curve',
    'precision-recall-curve',
    'calibration-curve',
    'score-distribution',
    'gain-curve',
    'permutation-importance',
    'importance',
    'slices',
    'learning-curve',
  ]);
  assert.deepEqual(names['regression']?.slice(0, 5), [
    'predicted-and-target',
    'residuals-by-prediction',
    'residual-distribution',
    'residual-quantiles',
    'deciles',
  ]);
  assert.deepEqual(names['clustering'], ['cluster-sizes']);
  assert.deepEqual(names['anomaly'], ['roc-curve', 'precision-recall-curve', 'score-distribution', 'gain-curve']);
  assert.deepEqual(
    plotsOf(anomalyReport(false)).map(({ name }) => name),
    ['score-distribution.svg'],
  );
  assert.deepEqual(names['study'], ['study-history', 'study-importance', 'study-parallel']);
});

/** A report in which everything that a user can name has one name. */
function named(name: string): Report {
  const report = samples['binary'] as Report;
  const evaluation = report.evaluation as Evaluation;
  const study = samples['study']?.study as NonNullable<Report['study']>;
  const curves = (all: Evaluation['roc']) => (all ?? []).map((curve) => ({ ...curve, label: name }));
  return {
    ...report,
    title: name,
    summary: name,
    created: name,
    model: [{ name, value: name }],
    data: { facts: [{ name, value: name }], columns: [{ name, kind: name, role: name, note: name }] },
    split: { method: name, parts: [{ name, rows: 1 }] },
    params: [{ name, value: name }],
    warnings: [name],
    environment: [{ name, value: name }],
    baseline: { title: name, metrics: report.baseline?.metrics ?? {} },
    evaluation: {
      ...evaluation,
      confusion: { classes: [name, name], counts: evaluation.confusion?.counts ?? [] },
      classes: (evaluation.classes ?? []).map((one) => ({ ...one, label: name })),
      roc: curves(evaluation.roc),
      precisionRecall: curves(evaluation.precisionRecall),
      calibration: { ...(evaluation.calibration as NonNullable<Evaluation['calibration']>), label: name },
      scores: {
        edges: [0, 0.5, 1],
        series: [
          { label: name, counts: [1, 2] },
          { label: name, counts: [2, 1] },
        ],
      },
    },
    importance: [{ name, value: 1 }],
    permutations: { metric: 'roc_auc', score: 1, columns: [{ name, mean: 1, deviation: 0, values: [1] }] },
    slices: {
      metric: 'roc_auc',
      leftOut: 0,
      slices: [{ column: name, value: name, rows: 1, share: 1, score: 1, advantage: -1, metrics: {} }],
    },
    learning: { steps: [1, 2], series: [{ name, values: [1, null] }] },
    study: {
      ...study,
      method: name,
      importance: [{ name, value: 1 }],
      trials: [0, 1].map((number) => ({ number, state: 'complete', value: number, params: [{ name, value: name }] })),
    },
  };
}

suite('names that users choose', () => {
  test('are shown as text, whatever they hold', () => {
    const html = renderReport(named(HOSTILE));
    assert.doesNotMatch(html, /<script/i);
    assert.ok(html.includes(`<h1>${SHOWN}</h1>`));
    assert.ok(html.split(SHOWN).length > 40);
    for (const svg of svgsOf(html)) assertWellFormed(svg);
    for (const { svg } of plotsOf(named(HOSTILE))) assertWellFormed(svg);
  });

  test('may be those of an object’s own parts', () => {
    for (const name of ['__proto__', 'constructor', 'toString', '']) {
      const html = renderReport(named(name));
      assert.ok(html.includes(`<th scope="row">${name}</th>`));
      for (const svg of svgsOf(html)) assertWellFormed(svg);
    }
  });

  test('of any length are cut where there is no room, and whole in the table', () => {
    const long = '長い名前'.repeat(40);
    const html = renderReport(named(long));
    assert.ok(html.includes(`>長い名前長い名前長…名前長い名前<`));
    assert.ok(html.includes(`<th scope="row">${long}</th>`));
  });
});

suite('a report of little', () => {
  const least: Report = {
    title: 'little',
    created: '2026-01-01T00:00:00Z',
    task: 'regression',
    metric: 'rmse',
    model: [],
    data: { facts: [] },
    params: [],
  };

  test('has no part that says nothing', () => {
    const html = renderReport(least);
    assert.deepEqual(
      [...html.matchAll(/<section id="([^"]+)"/g)].map((match) => match[1]),
      ['data', 'training'],
    );
    assert.deepEqual(plotsOf(least), []);
    assert.match(html, /2026-01-01 00:00 UTC/);
  });

  test('of one row, and of a constant, has charts that can be drawn', () => {
    const residuals = {
      histogram: { edges: [-0.5, 0.5], series: [{ label: 'rows', counts: [1] }] },
      points: { predicted: [3], residual: [0], target: [3] },
      quantiles: { normal: [], residual: [] },
      mean: 0,
      deviation: 0,
    };
    const evaluation: Evaluation = {
      task: 'regression',
      rows: 1,
      weight: 1,
      metrics: { rmse: 0 },
      missing: { r2: 'It needs at least 2 rows.' },
      residuals,
    };
    const html = renderReport({ ...least, evaluation, importance: [{ name: 'x', value: 0 }] });
    for (const svg of svgsOf(html)) assertWellFormed(svg);
    assert.match(html, /Metrics without a value: 1[\s\S]*R²: It needs at least 2 rows\./);
  });

  test('of many classes leaves out the matrix that nobody could read', () => {
    const classes = Array.from({ length: 30 }, (_, at) => `c${at}`);
    const evaluation: Evaluation = {
      task: 'multiclass',
      rows: 30,
      weight: 30,
      metrics: {},
      missing: {},
      confusion: { classes, counts: classes.map(() => classes.map(() => 1)) },
    };
    assert.deepEqual(plotsOf({ ...least, task: 'multiclass', evaluation }), []);
  });

  test('of a great many classes shows those with the most rows', () => {
    const classes = Array.from({ length: 120 }, (_, at) => ({
      label: `c${at}`,
      precision: 1,
      recall: 1,
      f1: 1,
      support: at,
      predicted: at,
    }));
    const evaluation: Evaluation = {
      task: 'multiclass',
      rows: 1,
      weight: 1,
      metrics: {},
      missing: {},
      roc: [],
      classes,
      confusion: { classes: classes.map(({ label }) => label), counts: [] },
    };
    const html = renderReport({ ...least, task: 'multiclass', evaluation });
    assert.match(html, /The 50 classes of 120 that have the most rows/);
    assert.ok(html.includes('>c119<') && !html.includes('>c69<'));
  });

  test('of clusters says how large they are', () =>
    assert.match(renderReport(samples['clustering'] as Report), /6 clusters; the largest has/));
});

test('a baseline that is better is said to be', () => {
  const html = renderReport({ ...(samples['binary'] as Report), baseline: { title: 'Baseline', metrics: { roc_auc: 0.99 } } });
  assert.match(html, /class="note bad">−0\.\d+, worse than the baseline’s 0\.9900/);
});

test('a percentage of targets that are 0 is in the table, and not in large type', () => {
  const sample = samples['regression'] as Report & { readonly evaluation: Evaluation };
  const tilesFor = (mape: number): string => {
    const evaluation = { ...sample.evaluation, metrics: { ...sample.evaluation.metrics, mape } };
    return /<div class="tiles">[\s\S]*?<nav/.exec(renderReport({ ...sample, evaluation }))?.[0] ?? '';
  };
  assert.match(tilesFor(0.2), /Mean absolute percentage error/);
  assert.doesNotMatch(tilesFor(1.25e15), /Mean absolute percentage error/);
});

suite('ticks', () => {
  const labels = (scale: { readonly ticks: readonly { readonly label: string }[] }): string[] => scale.ticks.map(({ label }) => label);

  test('are round numbers that cover what is shown', () => {
    assert.deepEqual(labels(linear({ low: 0.13, high: 0.97 })), ['0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    assert.deepEqual(labels(linear({ low: -3, high: 14 })), ['−5', '0', '5', '10', '15']);
    assert.deepEqual(labels(linear({ low: 12_000, high: 61_000 })), ['10k', '20k', '30k', '40k', '50k', '60k', '70k']);
    assert.deepEqual(labels(linear({ low: 0, high: 1, exact: true, percent: true })), ['0%', '20%', '40%', '60%', '80%', '100%']);
    assert.deepEqual(labels(linear({ low: 5, high: 5 })), ['4.4', '4.6', '4.8', '5.0', '5.2', '5.4', '5.6']);
    assert.equal(linear({ low: 0, high: 10 }).at(5), 0.5);
  });

  test('of powers of ten are powers of ten', () => {
    assert.deepEqual(labels(logarithmic(0.001, 10)), ['0.001', '0.01', '0.1', '1', '10']);
    assert.deepEqual(labels(logarithmic(3, 40)), ['5', '10', '20']);
    assert.equal(logarithmic(1, 100).at(10), 0.5);
  });

  test('have as many places as they need', () => {
    assert.deepEqual(
      [tickLabel(0.25, 0.05), tickLabel(2e6, 5e5), tickLabel(1e-7, 1e-7), tickLabel(3e-9, 1)],
      ['0.25', '2.0M', '1e−7', '0'],
    );
  });
});

test('numbers are written as readers compare them', () => {
  assert.deepEqual([0, 0.91234, 12.3456, 1234.5, 12_345_678, 0.0000123, -0.5].map(number), [
    '0',
    '0.9123',
    '12.35',
    '1,235',
    '1.23e7',
    '1.23e−5',
    '−0.5000',
  ]);
  assert.deepEqual([signed(0.1), signed(-0.1)], ['+0.1000', '−0.1000']);
  assert.deepEqual([percent(0.5), percent(0.0012), percent(0)], ['50.0%', '0.12%', '0.0%']);
  assert.deepEqual([fitted('a long name', 50), fitted('a long name', 80), fitted('長い名前', 40)], ['a l…ame', 'a long name', '長…前']);
});

test('only markup is not escaped', () => {
  assert.equal(markup`<b>${'<'}${markup`<i>`}${[1, undefined, false, '"']}</b>`.text, '<b>&lt;<i>1&quot;</b>');
});
