import { openTestDatabase } from '@mlab/sql/testing';
import { startProcess, type PlatformProcess } from './platform-process.ts';

export type PlacementName = 'apart' | 'co-hosted' | 'two of each, with a database';
export const PLACEMENTS: readonly PlacementName[] = ['apart', 'co-hosted', 'two of each, with a database'];

export interface Lab extends AsyncDisposable {
  readonly a: string;
  readonly b: string;
  readonly gateway: PlatformProcess;
}

type Env = Readonly<Record<string, string>>;

/** The two services as real processes: one each, both in one, or two of Service B that Service A finds through the database. */
export async function startLab(placement: PlacementName, env: Env = {}): Promise<Lab> {
  if (placement === 'co-hosted') {
    const both = await startProcess({ target: 'gateway,predictor', env });
    return { a: both.urls['gateway'] ?? '', b: both.urls['predictor'] ?? '', gateway: both, [Symbol.asyncDispose]: both.kill };
  }
  await using stack = new AsyncDisposableStack();
  const own = placement === 'apart' ? {} : { DATABASE_URL: stack.use(await openTestDatabase()).url };
  const predictor = stack.use(await startProcess({ target: 'predictor', env: { ...own, ...env } }));
  if (placement !== 'apart') stack.use(await startProcess({ target: 'predictor', env: { ...own, ...env } }));
  const b = predictor.urls['predictor'] ?? '';
  const known: Env = placement === 'apart' ? { SERVICE_B_URL: `${b}/predict` } : own;
  const gateway = stack.use(await startProcess({ target: 'gateway', env: { ...known, ...env } }));
  const running = stack.move();
  return { a: gateway.urls['gateway'] ?? '', b, gateway, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
