import type { gateway } from '@mlab/contracts/gateway';
import type { Clock, ConsumersOf } from '@mlab/kernel';
import { count } from '#/domain/traffic.ts';
import { add, forgetBefore } from '#/store/traffic.ts';

interface Deps {
  readonly keepDays: number;
  readonly clock: Clock;
}

export const consumers = ({ keepDays, clock }: Deps): ConsumersOf<{ inputsLogged: typeof gateway.events.inputsLogged }> => ({
  inputsLogged: ({ data }, { tx }) =>
    count({ add: (counts) => add(tx, counts), forgetBefore: (time) => forgetBefore(tx, time) }, data, keepDays, clock.now()),
});
