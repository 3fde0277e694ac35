import { startProcess, type PlatformProcess } from './platform-process.ts';

export type PlacementName = 'apart' | 'co-hosted';
export const PLACEMENTS: readonly PlacementName[] = ['apart', 'co-hosted'];

export interface Lab extends AsyncDisposable {
  readonly a: string;
  readonly b: string;
  readonly gateway: PlatformProcess;
}

/** The two services as real processes: one each, or both in one. */
export async function startLab(placement: PlacementName, env: Readonly<Record<string, string>> = {}): Promise<Lab> {
  if (placement === 'co-hosted') {
    const both = await startProcess({ target: 'gateway,predictor', env });
    return { a: both.urls['gateway'] ?? '', b: both.urls['predictor'] ?? '', gateway: both, [Symbol.asyncDispose]: both.kill };
  }
  const predictor = await startProcess({ target: 'predictor' });
  const b = predictor.urls['predictor'] ?? '';
  const gateway = await startProcess({ target: 'gateway', env: { SERVICE_B_URL: `${b}/predict`, ...env } });
  return {
    a: gateway.urls['gateway'] ?? '',
    b,
    gateway,
    [Symbol.asyncDispose]: async () => {
      await gateway.kill();
      await predictor.kill();
    },
  };
}
