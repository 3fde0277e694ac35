import type { gateway } from '@mlab/contracts/gateway';
import { predictor, type PredictionResponse } from '@mlab/contracts/predictor';
import { rootCall } from '@mlab/kernel';
import { fake, startTest, type TestApp } from '@mlab/kernel/testing';
import { service } from '#/service.ts';
import { openGatewayDatabase, type GatewayDatabase } from './gateway-database.ts';

export type GatewayApp = TestApp<typeof gateway>;
export type Predict = (input: { readonly input: string }) => PredictionResponse | Promise<PredictionResponse>;
type Row = Readonly<Record<string, unknown>>;

export const predicted = (name: string, more: object = {}): PredictionResponse => ({
  prediction: { class: name, confidence: 0.9, input_length: 1 },
  message: 'm',
  ...more,
});

/** Answers the first word of the input as its class. */
const firstWord: Predict = ({ input }) => predicted(input.split(' ')[0] ?? '');

export const call = (): ReturnType<typeof rootCall> => rootCall('test', 20_000);

export const log = (app: GatewayApp, data: string, forward_to_model = false): Promise<unknown> =>
  app.client.processInput({ data, forward_to_model }, call());

export interface LoggingGateway extends AsyncDisposable {
  readonly database: GatewayDatabase;
  /** A gateway with an empty log. */
  start(env?: Readonly<Record<string, string>>, predict?: Predict): Promise<GatewayApp>;
  /** One more, with the log as it is. */
  startAgain(env?: Readonly<Record<string, string>>, predict?: Predict): Promise<GatewayApp>;
  /** What is in the log, oldest first. */
  rows(): Promise<readonly Row[]>;
  /** The data of the events that were told. */
  told(): Promise<readonly Row[]>;
}

/** Gateways over one database, made for one test file. */
export async function openLoggingGateway(): Promise<LoggingGateway> {
  const database = await openGatewayDatabase();
  const startAgain: LoggingGateway['startAgain'] = (env = {}, predict = firstWord) =>
    startTest(service, { neighbours: [fake(predictor, { predict })], facilities: database.facilities, env });
  return {
    database,
    startAgain,
    start: async (env, predict) => {
      const app = await startAgain(env, predict);
      await database.query('TRUNCATE input');
      await database.query('TRUNCATE told');
      return app;
    },
    rows: () => database.query('SELECT * FROM input ORDER BY id'),
    told: async () => (await database.query('SELECT data FROM told')).map(({ data }) => data as Row),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
