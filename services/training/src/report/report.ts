import { svgFile, type Chart } from '#/report/charts/chart.ts';
import type { Report } from '#/report/contents.ts';
import { page } from '#/report/page.ts';
import { classificationSection } from '#/report/sections/classification.ts';
import { dataSection, trainingSection } from '#/report/sections/details.ts';
import { groupsSection } from '#/report/sections/groups.ts';
import { crossValidationSection, importanceSection, slicesSection } from '#/report/sections/importance.ts';
import { learningSection } from '#/report/sections/learning.ts';
import { metricsSection } from '#/report/sections/metrics.ts';
import { regressionSection } from '#/report/sections/regression.ts';
import type { Section } from '#/report/sections/section.ts';
import { studySection } from '#/report/sections/study.ts';

const sectionsOf = (report: Report): readonly Section[] =>
  [
    metricsSection(report),
    classificationSection(report),
    regressionSection(report),
    groupsSection(report),
    importanceSection(report),
    slicesSection(report),
    learningSection(report),
    crossValidationSection(report),
    studySection(report),
    dataSection(report),
    trainingSection(report),
  ].filter((section) => section !== undefined);

/** One page of HTML that needs nothing else: no script, no file, no network. */
export const renderReport = (report: Report): string => page(report, sectionsOf(report));

export interface Plot {
  /** `roc-curve.svg` … */
  readonly name: string;
  readonly svg: string;
}

/** The charts of a report as files, each by itself. */
export const plotsOf = (report: Report): readonly Plot[] =>
  sectionsOf(report).flatMap(({ charts }) => charts.map((chart: Chart) => ({ name: `${chart.name}.svg`, svg: svgFile(chart) })));
