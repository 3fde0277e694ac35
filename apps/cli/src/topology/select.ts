import { usageError } from '../cli-error.ts';

/** Something that runs under one name, perhaps several times. */
interface Selectable {
  readonly name: string;
  readonly services: readonly string[];
  /** `predictor`, `predictor.2`, … */
  readonly instances: readonly string[];
}

export interface Selected<T> {
  readonly target: T;
  /** When one instance is meant, and not all of them. */
  readonly instance?: string;
}

/** What was asked for: by the name of a process, of a service in it, or of one instance (`predictor.2`); everything when nothing is named. */
export function select<T extends Selectable>(targets: readonly T[], names: readonly string[]): Selected<T>[] {
  if (names.length === 0) return targets.map((target) => ({ target }));
  const wanted = names.map((name): Selected<T> => {
    const whole = targets.find((target) => target.name === name || target.services.includes(name));
    if (whole) return { target: whole };
    const part = targets.find((target) => target.instances.includes(name));
    if (part) return { target: part, instance: name };
    const there = [...new Set(targets.flatMap((target) => [...target.services, ...target.instances]))];
    throw usageError(`There is no service "${name}"; there are ${there.join(', ')}.`);
  });
  // In the order in which they start, and each once.
  const isFirst = (one: Selected<T>, index: number): boolean =>
    wanted.findIndex(({ target, instance }) => target === one.target && instance === one.instance) === index;
  return targets.flatMap((target) => wanted.filter(isFirst).filter((one) => one.target === target));
}
