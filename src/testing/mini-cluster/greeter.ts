/** The end of a connection where a test makes up who sits there. */
import { PROTOCOL_VERSION } from '../../core/hello.ts';
import { INDEX_ZERO, type NodeId } from '../../core/types.ts';
import { FIRST_MACHINE_VERSION } from '../../core/versions.ts';
import type { ConnectionListener, PeerConnection } from '../../ports/transport.ts';
import { CLUSTER_ID } from './founding.ts';

/** Answers every call with a hello, and listens. */
export function greeterOf(id: NodeId): (connection: PeerConnection) => ConnectionListener {
  const incarnation = `the directory of ${id}`;
  const lineage = [`a start of ${id}`];
  const identity = { clusterId: CLUSTER_ID, nodeId: id, incarnation, boots: 1, lineage };
  return (connection) => ({
    onOpen: () => {},
    onHello: ({ identity: { nodeId: to } }) =>
      connection.sendHello({
        protocolVersion: PROTOCOL_VERSION,
        machineVersion: FIRST_MACHINE_VERSION,
        identity,
        to,
        configurationIndex: INDEX_ZERO,
        purpose: 'talk',
        address: null,
      }),
    onMessage: () => {},
    onClose: () => {},
  });
}
