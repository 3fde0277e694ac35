import type { Check } from '@mlab/kernel';
import type { UpstreamSnapshot } from '#/domain/upstream.ts';

/** Service A can log inputs without Service B, so B's absence is shown and does not make A unready. */
export function checkServiceB({ instances }: UpstreamSnapshot): Check {
  const usable = instances.filter(({ breaker, ejected }) => breaker !== 'open' && !ejected);
  const detail = `${usable.length} of ${instances.length} instances of Service B take calls`;
  return { name: 'service_b', ok: usable.length > 0, required: false, detail };
}
