import type { ApprovalState } from '@mlab/contracts/registry-schemas';
import { AppError } from '@mlab/kernel';

/** `candidate → approved | rejected → archived`; an approval can be taken back, and archived is for good. */
const NEXT: Readonly<Record<ApprovalState, readonly ApprovalState[]>> = {
  candidate: ['approved', 'rejected', 'archived'],
  approved: ['rejected', 'archived'],
  rejected: ['archived'],
  archived: [],
};

export const mayBecome = (from: ApprovalState, to: ApprovalState): boolean => NEXT[from].includes(to);

export function checkBecomes(what: string, from: ApprovalState, to: ApprovalState): void {
  if (mayBecome(from, to)) return;
  const next = NEXT[from].length === 0 ? 'nothing any more' : NEXT[from].join(' or ');
  throw new AppError('conflict', `${what} cannot become ${to}: it is ${from}, and can become ${next}.`);
}
