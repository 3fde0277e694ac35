/** What a person can try once a service runs. */
export interface Trial {
  readonly path: string;
  readonly json?: object;
}

export const TRIALS: Readonly<Record<string, readonly Trial[]>> = {
  gateway: [{ path: '/process', json: { data: 'Hello, lab' } }, { path: '/health' }],
  predictor: [{ path: '/predict', json: { input: 'test input' } }],
};
