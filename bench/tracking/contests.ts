/** What is measured, as one piece of work for each; and what must be reached. */
import type { Form } from './options.ts';
import { HISTORY_POINTS, idOf } from './fill.ts';
import type { Door } from './http.ts';

/** Experiments and runs that were made in one server. */
export interface Ground {
  readonly small: string;
  readonly large: string;
  /** An experiment and a run to write to. */
  readonly scratch: string;
  readonly run: string;
}

export interface Contest {
  readonly name: string;
  readonly connections: number;
  /** Rows of each piece of work, where these are what is counted. */
  readonly rows?: number;
  /** At least so many times as fast as each form of MLflow's own server: in the median, or where several ask at once in throughput. */
  readonly budget?: Readonly<Record<Form, number>>;
  /** Ours alone: most milliseconds in the median, or least per second. */
  readonly own?: { readonly p50?: number; readonly perSecond?: number };
  work(door: Door, ground: Ground, number: number): Promise<unknown>;
  /** What the answer says, for those that must be alike. */
  answer?(door: Door, ground: Ground): Promise<unknown>;
}

const API = '/api/2.0/mlflow';
const post = (door: Door, path: string, body: unknown): Promise<string> =>
  door.ask({ method: 'POST', path: `${API}/${path}`, body: JSON.stringify(body) });
const get = (door: Door, path: string): Promise<string> => door.ask({ method: 'GET', path: `${API}/${path}` });

const PAGE = 100;
const BATCH = 1000;
const KEYS = 10;
/** As many as the Python client asks for at once. */
const HISTORY_PAGE = 25_000;
const both = (times: number): Record<Form, number> => ({ default: times, gunicorn: times });
let written = 0;

const search = (experiment: string): unknown => ({
  experiment_ids: [experiment],
  filter: "metrics.acc > 0.5 and params.model = 'tree'",
  order_by: ['metrics.acc DESC'],
  max_results: PAGE,
});

const logMetric = async (door: Door, { run }: Ground): Promise<unknown> => {
  const step = written++;
  return post(door, 'runs/log-metric', { run_id: run, key: 'loss', value: step / 7, timestamp: 1_700_000_000_000 + step, step });
};

export const contests: readonly Contest[] = [
  {
    name: 'create run',
    connections: 1,
    work: (door, { scratch }) =>
      post(door, 'runs/create', { experiment_id: scratch, start_time: 1_700_000_000_000, tags: [{ key: 'a', value: 'b' }] }),
  },
  { name: 'log-metric, one after another', connections: 1, budget: { default: 20, gunicorn: 5 }, own: { p50: 2 }, work: logMetric },
  { name: 'log-metric, 16 connections', connections: 16, budget: both(15), own: { perSecond: 3000 }, work: logMetric },
  {
    name: 'log-batch of 1,000 metrics',
    connections: 1,
    rows: BATCH,
    budget: both(8),
    own: { perSecond: 80_000 },
    work: (door, { run }) => {
      const first = (written += BATCH);
      const metrics = Array.from({ length: BATCH }, (_, n) => ({
        key: `batch${n % KEYS}`,
        value: n / 7,
        timestamp: 1_700_000_000_000 + first,
        step: first + n,
      }));
      return post(door, 'runs/log-batch', { run_id: run, metrics });
    },
  },
  { name: 'get run', connections: 1, work: (door, { large }) => get(door, `runs/get?run_id=${idOf(large, 1)}`) },
  searchIn('small'),
  searchIn('large'),
  {
    name: `metric history of ${HISTORY_POINTS.toLocaleString('en')} points`,
    connections: 1,
    work: (door, ground) => readHistory(door, ground),
    answer: (door, ground) => readHistory(door, ground),
  },
];

function searchIn(size: 'small' | 'large'): Contest {
  return {
    name: size === 'small' ? 'search in some of the runs' : 'search in all the runs',
    connections: 1,
    ...(size === 'large' ? { budget: both(10), own: { p50: 30 } } : {}),
    work: (door, ground) => post(door, 'runs/search', search(ground[size])),
    answer: async (door, ground) => {
      const { runs = [] } = JSON.parse(await post(door, 'runs/search', search(ground[size]))) as {
        runs?: { info: { run_name: string } }[];
      };
      return runs.map(({ info }) => info.run_name);
    },
  };
}

async function readHistory(door: Door, { large }: Ground): Promise<number> {
  let points = 0;
  let token = '';
  do {
    const page = token === '' ? '' : `&page_token=${encodeURIComponent(token)}`;
    const path = `metrics/get-history?run_id=${idOf(large, 0)}&metric_key=curve&max_results=${HISTORY_PAGE}${page}`;
    const answer = JSON.parse(await get(door, path)) as { metrics: unknown[]; next_page_token?: string };
    points += answer.metrics.length;
    token = answer.next_page_token ?? '';
  } while (token !== '');
  if (points !== HISTORY_POINTS) throw new Error(`A history has ${points} points instead of ${HISTORY_POINTS}.`);
  return points;
}

/** Experiments to fill, and a run to write to. */
export async function prepareGround(door: Door): Promise<Ground> {
  const create = async (name: string): Promise<string> =>
    (JSON.parse(await post(door, 'experiments/create', { name })) as { experiment_id: string }).experiment_id;
  const [small, large, scratch] = [await create('small'), await create('large'), await create('scratch')];
  const made = JSON.parse(await post(door, 'runs/create', { experiment_id: scratch, start_time: 1 })) as {
    run: { info: { run_id: string } };
  };
  return { small, large, scratch, run: made.run.info.run_id };
}
