import type { Instance, Member } from '#/domain/member.ts';
import type { OutlierPolicy } from '#/domain/policy.ts';
import type { EjectionReason } from '#/domain/upstream-event.ts';

export interface OutlierListener<I extends Instance> {
  ejected(member: Member<I>, reason: EjectionReason, judged: { forMs: number; observed: number; limit: number }): void;
  returned(member: Member<I>): void;
}

interface Verdict<I extends Instance> {
  readonly member: Member<I>;
  readonly reason: EjectionReason;
  readonly observed: number;
  readonly limit: number;
}

/**
 * Takes instances out that are much worse than their peers (Envoy's outlier detection, with latency beside errors).
 * Compared with the median of the others, so that a load or a model that makes all of them slow ejects none.
 * At most one is taken out per comparison, the worst, and the medians are new for the next.
 */
export function compare<I extends Instance>(
  members: readonly Member<I>[],
  policy: OutlierPolicy,
  now: number,
  listener: OutlierListener<I>,
): void {
  const peers = members.filter((member) => member.steady);
  const medians = sorted(peers, (member) => member.standing.median(now));
  const rates = sorted(peers, (member) => member.standing.failureRate(now));
  const overdue = sorted(peers, (member) => evidence(member, policy, now));
  let ejected = 0;
  let worst: Verdict<I> | undefined;
  for (const member of members) {
    const { standing } = member;
    const typical = medianWithout(medians, member.steady ? standing.median(now) : undefined);
    standing.slowMs = typical === undefined ? Number.POSITIVE_INFINITY : Math.max(policy.latencyFloorMs, typical * policy.latencyFactor);
    if (standing.ejected) {
      if (judgeEjected(member, now, listener)) ejected++;
    } else if (member.steady) {
      const verdict = judge(member, policy, { rates, overdue, now });
      if (verdict !== undefined && (worst === undefined || excess(verdict) > excess(worst))) worst = verdict;
    }
  }
  if (worst !== undefined && ejected < mostEjected(members.length, policy)) take(worst, now, listener);
}

/** Whether it stays out. */
function judgeEjected<I extends Instance>(member: Member<I>, now: number, listener: OutlierListener<I>): boolean {
  const { standing } = member;
  const silent = standing.probeAge(now);
  if (standing.badProbe || silent >= standing.slowMs) {
    take({ member, reason: 'probe_failed', observed: Math.max(silent, member.latency.read(now)), limit: standing.slowMs }, now, listener);
  } else if (standing.mayReturn) {
    standing.restore(now);
    listener.returned(member);
    return false;
  }
  return true;
}

function judge<I extends Instance>(
  member: Member<I>,
  policy: OutlierPolicy,
  { rates, overdue, now }: { rates: readonly number[]; overdue: readonly number[]; now: number },
): Verdict<I> | undefined {
  const limit = member.standing.slowMs;
  const median = member.standing.median(now) ?? 0;
  if (isStalled(member, policy, { overdue, now })) return { member, reason: 'stalled', observed: member.silentFor(now), limit };
  if (median >= limit) return { member, reason: 'slow', observed: median, limit };
  const rate = member.standing.failureRate(now);
  const typical = medianWithout(rates, rate);
  if (rate === undefined || typical === undefined || rate < typical + policy.errorRateGap) return undefined;
  return { member, reason: 'errors', observed: rate, limit: typical + policy.errorRateGap };
}

/**
 * Silent, with several slow calls to show for it: one alone is no proof, and nothing would disprove it, because the
 * balancer sends an instance nothing new while it is silent. They must be many more than at the others, which have their
 * share when some inputs just take long. And it must have been so at the last comparison too: when this process itself
 * stood still, all answers look late until they are read.
 */
function isStalled<I extends Instance>(
  member: Member<I>,
  policy: OutlierPolicy,
  { overdue, now }: { overdue: readonly number[]; now: number },
): boolean {
  const { standing } = member;
  const own = evidence(member, policy, now);
  const others = medianWithout(overdue, own, 'upper') ?? 0;
  const before = standing.suspected;
  standing.suspected = member.silentFor(now) >= standing.slowMs && own >= policy.stalledCalls * (others + 1);
  return before && standing.suspected;
}

/** Calls that are overdue now, or were answered late with no fast answer since. */
function evidence<I extends Instance>(member: Member<I>, policy: OutlierPolicy, now: number): number {
  const { slowInARow, slowMs } = member.standing;
  return slowInARow + member.inFlightFor(slowMs, now, 8 * policy.stalledCalls);
}

function take<I extends Instance>({ member, reason, observed, limit }: Verdict<I>, now: number, listener: OutlierListener<I>): void {
  const forMs = member.standing.eject(now);
  listener.ejected(member, reason, { forMs, observed, limit });
}

/** After a change of the list: of those that are left, too many may be out. Those that were to return soonest do. */
export function restoreExcess<I extends Instance>(
  members: readonly Member<I>[],
  policy: OutlierPolicy,
  now: number,
  listener: OutlierListener<I>,
): void {
  const out = members.filter((member) => member.standing.ejected).toSorted((a, b) => a.standing.ejectedUntil - b.standing.ejectedUntil);
  for (const member of out.slice(0, Math.max(0, out.length - mostEjected(members.length, policy)))) {
    member.standing.restore(now);
    listener.returned(member);
  }
}

/** Always at least one stays in. */
function mostEjected(count: number, policy: OutlierPolicy): number {
  return Math.max(0, Math.min(count - 1, Math.floor((count * policy.maxEjectedPercent) / 100)));
}

function excess<I extends Instance>({ observed, limit }: Verdict<I>): number {
  return observed / limit;
}

function sorted<I extends Instance>(members: readonly Member<I>[], valueOf: (member: Member<I>) => number | undefined): number[] {
  const values: number[] = [];
  for (const member of members) {
    const value = valueOf(member);
    if (value !== undefined) values.push(value);
  }
  return values.toSorted((a, b) => a - b);
}

/** Median of the sorted values, leaving out one that equals `own`. Of an even number, the lower or the upper middle. */
function medianWithout(values: readonly number[], own: number | undefined, middle: 'lower' | 'upper' = 'lower'): number | undefined {
  const skip = own === undefined ? -1 : values.indexOf(own);
  const count = skip < 0 ? values.length : values.length - 1;
  if (count === 0) return undefined;
  const index = middle === 'lower' ? (count - 1) >> 1 : count >> 1;
  return values[skip >= 0 && index >= skip ? index + 1 : index];
}
