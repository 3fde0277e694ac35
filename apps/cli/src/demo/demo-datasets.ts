import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CliError } from '../cli-error.ts';

/** Real data that ships within the package vega-datasets, and what is asked of it. */
export interface DemoDataset {
  readonly file: string;
  /** What it holds and what is to be learnt, as a heading. */
  readonly question: string;
  readonly target: string;
  /** What the training service is told beyond that. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Which metrics are shown beside the one that counts. */
  readonly metrics: readonly string[];
  /** A row to ask for. */
  readonly row: Readonly<Record<string, string | number>>;
}

const CLASSES = ['accuracy', 'log_loss'];
const NUMBERS = ['mae', 'r2'];

/** By the name of the dataset, which the model has too. */
export const DEMO_DATASETS: Readonly<Record<string, DemoDataset>> = {
  penguins: {
    file: 'penguins.json',
    question: 'penguins of three islands. Which species is it?',
    target: 'Species',
    spec: {},
    metrics: CLASSES,
    row: {
      Island: 'Biscoe',
      'Beak Length (mm)': 46.1,
      'Beak Depth (mm)': 14.2,
      'Flipper Length (mm)': 217,
      'Body Mass (g)': 4800,
      Sex: 'FEMALE',
    },
  },
  cars: {
    file: 'cars.json',
    question: 'cars of the years 1970 to 1982. How far do they go with a gallon?',
    target: 'Miles_per_Gallon',
    spec: { exclude: ['Name'] },
    metrics: NUMBERS,
    row: {
      Cylinders: 4,
      Displacement: 97,
      Horsepower: 75,
      Weight_in_lbs: 2171,
      Acceleration: 16,
      Year: '1975-01-01T00:00:00Z',
      Origin: 'Japan',
    },
  },
  weather: {
    file: 'seattle-weather.csv',
    question: 'days in Seattle. What was the weather?',
    target: 'weather',
    spec: {},
    metrics: CLASSES,
    row: { date: '2015-11-12T00:00:00Z', precipitation: 8.6, temp_max: 10, temp_min: 6.1, wind: 4.3 },
  },
  flights: {
    file: 'flights-20k.json',
    question: 'flights in the United States. How many minutes late do they arrive?',
    target: 'delay',
    spec: {},
    metrics: NUMBERS,
    row: { date: '2001-03-09T18:30:00Z', distance: 802, origin: 'BWI', destination: 'ORD' },
  },
};

/** Where the file lies on this machine. */
export function demoFile({ file }: DemoDataset): string {
  try {
    const path = fileURLToPath(new URL(`../data/${file}`, import.meta.resolve('vega-datasets')));
    if (existsSync(path)) return path;
  } catch {
    // Told below.
  }
  throw new CliError(`The package vega-datasets, which holds ${file}, is not installed; npm start brings what is missing.`);
}
