/** The doors of the package as they are published. */
import { describe, expect, it } from 'vitest';
import { foreignTypesOf } from '../foreign-types.ts';

describe('the doors', () => {
  it.each(['dist/src/index.d.ts', 'dist/src/client/index.d.ts'])(
    '[EM10] the types behind %s are all our own',
    (door) => {
      expect(foreignTypesOf(door)).toEqual([]);
    },
  );

  it('[EM11] raftchart exports these names', async () => {
    expect(Object.keys(await import('../../src/index.ts')).sort()).toEqual([
      'Conversation',
      'DEFAULT_LIMITS',
      'DEFAULT_TIMING',
      'InvariantViolation',
      'NO_WIRE',
      'RaftError',
      'createNode',
      'defineMachine',
      'index',
      'levelLogStore',
      'memoryLogStore',
      'nodeId',
      'startRaftNode',
      'systemClock',
      'systemRandom',
      'term',
      'webSocketTransport',
    ]);
  });

  it('[EM11] raftchart/client exports these names', async () => {
    expect(Object.keys(await import('../../src/client/index.ts')).sort()).toEqual([
      'CompactedError',
      'ConditionFailedError',
      'RaftError',
      'connect',
    ]);
  });

  it('[EM11] raftchart/machines exports these names', async () => {
    expect(Object.keys(await import('../../machines/index.ts')).sort()).toEqual([
      'bindCharts',
      'callId',
      'charts',
      'linkId',
      'replicationId',
    ]);
  });
});
