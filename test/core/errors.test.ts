/** Errors of which there may be thousands a second. */
import { expect, it } from 'vitest';
import { passingError, RaftError } from '../../src/core/errors.ts';

it('[EM6] what refuses or ends calls by the thousand has no stack, and leaves those of others alone', () => {
  const { stackTraceLimit } = Error;
  const error = passingError('RAFT_OVERLOADED', 'not now', { retry: 'never', cause: 'a cause' });
  expect(error).toBeInstanceOf(RaftError);
  expect(error).toMatchObject({ code: 'RAFT_OVERLOADED', retry: 'never', cause: 'a cause' });
  expect(error.stack).not.toContain('\n');
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  expect(new RaftError('RAFT_HALTED', 'a fault').stack).toContain('errors.test.ts');
});
