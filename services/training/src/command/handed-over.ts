import { AppError } from '@mlab/kernel';

/** Whether what runs elsewhere is not to be ended: this process ends, or has lost the job, and another one goes on with it. */
export const isHandedOver = (reason: unknown): boolean => AppError.is(reason, 'unavailable') || AppError.is(reason, 'conflict');
