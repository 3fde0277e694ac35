import type { DemoStep, Told } from './demo-step.ts';

/** Where all of it can be seen. */
export const linksStep: DemoStep = {
  name: 'links',
  heading: () => 'Where to look',
  async run({ lab: { gateway, training }, name, made }): Promise<Told> {
    const links = {
      report: `${training.url}/jobs/${made.job}/report`,
      registry: `${gateway}/registry/models/${encodeURIComponent(name)}`,
      audit: `${gateway}/registry/audit?model=${encodeURIComponent(name)}`,
      docs: `${gateway}/docs`,
    };
    const mlflow = `export MLFLOW_TRACKING_URI=${gateway}/mlflow`;
    const rows = [
      ['The report', links.report],
      ['The registry', links.registry],
      ['Who did what', links.audit],
      ['Service A, to try out', links.docs],
      ["MLflow's client", mlflow],
      ['Your own data', './mlab train data.csv --target COLUMN --name MODEL'],
      ['', './mlab predict MODEL --file rows.csv'],
      ['All of this in words', 'docs/first-model.md'],
    ] as const;
    return { lines: rows.map(([what, where]) => `${what.padEnd(22)}${where}`), data: { ...links, mlflow } };
  },
};
