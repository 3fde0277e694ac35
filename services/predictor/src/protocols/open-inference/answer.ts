import type { ForeignAnswer } from '@mlab/kernel';

export const answer = (value: unknown, status = 200): ForeignAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
});
