/** The doors of the package as they are published: their names, and whose types stand behind them. */
import { expect, it } from 'vitest';
import { foreignTypesOf } from '../foreign-types.ts';

it.each(['src/index', 'src/client/index', 'src/testing/index'])(
  '[EM10] [TS1] the types behind %s are all our own',
  (door) => {
    expect(foreignTypesOf(`dist/${door}.d.ts`)).toEqual([]);
  },
);

it.each([
  [
    'raftchart',
    () => import('../../src/index.ts'),
    `Conversation DEFAULT_LIMITS DEFAULT_TIMING InvariantViolation NO_WIRE RaftError cluster
     createNode defineMachine index levelLogStore memoryLogStore nodeId startRaftNode systemClock systemRandom
     term tlsFiles webSocketTransport`,
  ],
  [
    'raftchart/client',
    () => import('../../src/client/index.ts'),
    'CompactedError ConditionFailedError RaftError connect',
  ],
  [
    'raftchart/machines',
    () => import('../../machines/index.ts'),
    'bindCharts callId charts linkId replicationId',
  ],
  [
    'raftchart/testing',
    () => import('../../src/testing/index.ts'),
    `ListMachine MemoryNetwork MiniCluster SeededRandom VirtualClock VirtualCluster appendList
     checkLinearizability clusterStep describeViolation explainFailure keyValue linearizable
     logStoreContract machineModel machineSubject memberFaults memoryTransport planOf raftMember
     raftMembers register renderLanes roleEvents sessionCounter shrinkFaults simulateSeed
     snapshotStoreContract transportContract`,
  ],
] as const)('[EM11] [TS1] %s exports these names', async (_, load, names) => {
  expect(Object.keys(await load()).sort()).toEqual(names.split(/\s+/));
});
