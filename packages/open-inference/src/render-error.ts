import type { RenderedError } from '@mlab/kernel';
import { STATUS, type AppError } from '@mlab/kernel/errors';

/** An error as the protocol has it: `{"error": "…"}`. Its status is that of its code; clients look for 200 and nothing else. */
export const renderOpenInferenceError = (error: AppError): RenderedError => ({
  status: STATUS[error.code],
  contentType: 'application/json',
  body: JSON.stringify({ error: error.message }),
});
