/** The doors of the package as they are published. */
import { describe, expect, it } from 'vitest';
import { foreignTypesOf } from '../foreign-types.ts';
import { unofferedTypes } from '../offered-types.ts';

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

  it('[EM11] some door exports every type that another export names', () => {
    const doors = ['src', 'src/client', 'src/testing', 'machines'].map(
      (door) => `dist/${door}/index.d.ts`,
    );
    // What its client says to a watch is public for the compiler only.
    const own = / \(in dist\/src\/client\/watch.d.ts Watch\)$/;
    expect(unofferedTypes(doors).filter((text) => !own.test(text))).toEqual([]);
    expect(unofferedTypes(['dist/src/ports/transport.d.ts'])).toContain(
      'dist/src/core/hello.d.ts Hello (in dist/src/ports/transport.d.ts PeerConnection)',
    );
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
