import type { Instance, Member } from '#/domain/member.ts';

/**
 * Power of two choices (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001): of two instances
 * drawn at random the less loaded one. Unlike "the least loaded of all" it does not send every caller to the same one.
 *
 * `allSteady` spares the look at each instance while nothing is wrong. Otherwise an instance that is due for a probe
 * comes first, or it would never come back while the others are faster; a retry goes to a steady one, because the
 * caller has had his share of bad luck. Undefined when no instance admits a call.
 */
export function pick<I extends Instance>(
  members: readonly Member<I>[],
  choice: { now: number; random: () => number; allSteady: boolean; not?: Member<I> | undefined },
): Member<I> | undefined {
  const { now, random, allSteady, not } = choice;
  if (allSteady && not === undefined) return lessLoaded(members, now, random);
  const others = not === undefined ? members : members.filter((member) => member !== not);
  const steady: Member<I>[] = [];
  const probes: Member<I>[] = [];
  for (const member of others) {
    if (member.steady) steady.push(member);
    else if (member.admits(now)) probes.push(member);
  }
  if (not === undefined && probes.length > 0) return at(probes, random);
  return (
    lessLoaded(steady, now, random) ??
    at(probes, random) ??
    // Everything else is out: an ejected instance is better than none (Envoy's panic mode), an open breaker is not.
    lessLoaded(
      others.filter((member) => member.breaker.admits(now)),
      now,
      random,
    ) ??
    (not?.breaker.admits(now) ? not : undefined)
  );
}

function lessLoaded<I extends Instance>(members: readonly Member<I>[], now: number, random: () => number): Member<I> | undefined {
  const count = members.length;
  if (count < 2) return members[0];
  const index = Math.floor(random() * count);
  const first = members[index]!;
  const second = members[(index + 1 + Math.floor(random() * (count - 1))) % count]!;
  return second.load(now) < first.load(now) ? second : first;
}

function at<T>(list: readonly T[], random: () => number): T | undefined {
  return list.length < 2 ? list[0] : list[Math.floor(random() * list.length)];
}
