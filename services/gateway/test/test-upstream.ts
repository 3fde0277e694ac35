import type { Instance, Upstream } from '#/domain/upstream.ts';
import { openUpstream } from '#/domain/upstream.ts';
import { defaultPolicy } from '#/domain/policy.ts';
import type { UpstreamPolicy } from '#/domain/policy.ts';
import type { UpstreamEvent } from '#/domain/upstream-event.ts';
import { seeded, VirtualClock } from './virtual-clock.ts';

type Groups = { readonly [Group in keyof UpstreamPolicy]?: UpstreamPolicy[Group] extends number ? number : Partial<UpstreamPolicy[Group]> };

export function policyWith(changes: Groups = {}): UpstreamPolicy {
  const policy: Record<string, unknown> = { ...defaultPolicy };
  for (const [group, value] of Object.entries(changes)) {
    policy[group] = typeof value === 'object' ? { ...(policy[group] as object), ...value } : value;
  }
  return policy as unknown as UpstreamPolicy;
}

export interface TestUpstream {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly events: UpstreamEvent[];
  readonly upstream: Upstream<Instance>;
}

/** An upstream with the given instances under virtual time. */
export function testUpstream(ids: readonly string[], changes: Groups = {}, seed = 1): TestUpstream {
  const clock = new VirtualClock();
  const events: UpstreamEvent[] = [];
  const random = seeded(seed);
  const upstream = openUpstream<Instance>(policyWith(changes), {
    now: clock.now,
    random,
    schedule: clock.schedule,
    onEvent: (event) => void events.push(event),
  });
  upstream.setInstances(ids.map((id) => ({ id })));
  events.length = 0;
  return { clock, random, events, upstream };
}

/** How a call ended: its value, or the error it was rejected with. */
export type Ending = { readonly value: unknown } | { readonly error: unknown };

export function ending(call: Promise<unknown>): Promise<Ending> {
  return call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}
