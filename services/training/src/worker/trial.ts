import type { TrialOrder, TrialResult } from './messages.ts';
import type { Say } from './train.ts';

export async function tryOut(_order: TrialOrder, _say: Say): Promise<TrialResult> {
  throw new Error('not yet');
}
