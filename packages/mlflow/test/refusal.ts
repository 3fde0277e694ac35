import assert from 'node:assert/strict';
import { AppError } from '@mlab/kernel/errors';

/** The message with which something is refused as MLflow refuses it. */
export function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(AppError.is(error, 'invalid'), String(error));
    assert.equal(error.reason, 'INVALID_PARAMETER_VALUE');
    return error.message;
  }
  assert.fail('It should have been refused.');
}
