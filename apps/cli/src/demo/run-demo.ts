import { styleText } from 'node:util';
import { noDisplay, plainDisplay, terminalDisplay } from '../train/display.ts';
import { approvedStep, deployedStep, registeredStep } from './registry-steps.ts';
import { curlStep, explainStep, tritonStep } from './asking-steps.ts';
import { dataStep } from './data-step.ts';
import type { DemoDataset } from './demo-datasets.ts';
import type { DemoLab } from './demo-lab.ts';
import type { Demo, DemoStep, Made } from './demo-step.ts';
import { grpcStep } from './grpc-step.ts';
import { linksStep } from './links-step.ts';
import { trainingStep } from './training-step.ts';

const STEPS: readonly DemoStep[] = [
  dataStep,
  trainingStep,
  registeredStep,
  approvedStep,
  deployedStep,
  curlStep,
  grpcStep,
  tritonStep,
  explainStep,
  linksStep,
];

export interface DemoWish {
  readonly lab: DemoLab;
  readonly name: string;
  readonly dataset: DemoDataset;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly output: { write(text: string): unknown; readonly isTTY?: boolean };
  /** What came of the steps so far. */
  readonly made: Made;
}

/** One step after the other, each told as it happens: the whole way from a file to an explained prediction. */
export async function runDemo({ lab, name, dataset, json, signal, output, made }: DemoWish): Promise<void> {
  const write = (text: string): void => void output.write(text);
  const indented = (text: string): void => write(text === '' ? '\n' : `   ${text}\n`);
  const display = json
    ? noDisplay
    : output.isTTY === true
      ? terminalDisplay(write)
      : plainDisplay(
          (text) => write(`   ${text}`),
          () => performance.now(),
        );
  const demo: Demo = { lab, name, dataset, display, signal, made };
  const began = performance.now();
  if (!json) write(`${styleText('bold', `mlab demo: ${dataset.question}`)}\n`);
  for (const [index, step] of STEPS.entries()) {
    signal.throwIfAborted();
    if (!json) write(`\n${styleText('bold', `${index + 1}  ${step.heading(demo)}`)}\n`);
    const start = performance.now();
    const { lines, data } = await step.run(demo);
    if (json) write(`${JSON.stringify({ step: step.name, ms: Math.round(performance.now() - start), ...data })}\n`);
    else lines.forEach(indented);
  }
  if (!json) write(`\nAll of it in ${((performance.now() - began) / 1000).toFixed(1)} s.\n`);
}
