/** What a peer says, or does, before its hello has been judged: kept, and heard in order once it is. */
import { expect, it } from 'vitest';
import { type Hello, PROTOCOL_VERSION } from '../../src/core/hello.ts';
import type { AppendEntries, Message } from '../../src/core/message.ts';
import { ENTRY_ZERO, INDEX_ZERO, nodeId, term } from '../../src/core/types.ts';
import type { RaftNodeOptions } from '../../src/node/raft-node.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';

const N1 = nodeId('n1');
const N2 = nodeId('n2');

const HELLO: Hello = {
  protocolVersion: PROTOCOL_VERSION,
  machineVersion: 1,
  identity: {
    clusterId: 'virtual',
    nodeId: N2,
    incarnation: '0123456789abcdef',
    boots: 1,
    lineage: ['fedcba9876543210'],
  },
  to: N1,
  configurationIndex: INDEX_ZERO,
  purpose: 'talk',
  address: null,
};

function heartbeat(ofTerm: number): AppendEntries {
  return {
    type: 'AppendEntries',
    term: term(ofTerm),
    prevLog: ENTRY_ZERO,
    lastIndex: INDEX_ZERO,
    commitIndex: INDEX_ZERO,
    round: ofTerm,
  };
}

interface Watch {
  readonly adapt?: (options: RaftNodeOptions) => RaftNodeOptions;
  readonly answered?: (message: Message) => void;
}

/** `n1` of three, called by `n2` with a hello and these messages right behind it; returns what it answered. */
async function called(
  messages: readonly Message[],
  { adapt, answered = () => {} }: Watch = {},
): Promise<readonly Message[]> {
  const cluster = new VirtualCluster(3, adapt === undefined ? {} : { adapt });
  const { node } = await cluster.boot('n1');
  const answers: Message[] = [];
  const listener = node.accept({
    sendHello: () => {},
    send: (message) => {
      answered(message);
      return answers.push(message) > 0;
    },
    hold: () => {},
    release: () => {},
    bufferedBytes: () => 0,
    close: (_, text) => expect.fail(text),
  });
  node.onHalt(({ message }) => expect.fail(message));
  listener.onHello(HELLO);
  for (const message of messages) listener.onMessage(message, []);
  await cluster.pass(20);
  expect(node.status()).toMatchObject({ role: 'follower', leader: 'n2' });
  return answers;
}

it('[EL2] a leader of one term is heard before its hello has been judged', async () => {
  expect(await called([heartbeat(1), heartbeat(1)])).toMatchObject([
    { type: 'AppendEntriesReply', term: 1, round: 1, result: { accepted: true } },
    { type: 'AppendEntriesReply', term: 1, round: 1, result: { accepted: true } },
  ]);
});

it('[EL2] of a leader of two terms each message is heard in its own', async () => {
  expect(await called([heartbeat(1), heartbeat(2)])).toMatchObject([
    { type: 'AppendEntriesReply', term: 1, round: 1, result: { accepted: true } },
    { type: 'AppendEntriesReply', term: 2, round: 2, result: { accepted: true } },
  ]);
});

it('[PS3] what comes late of the older of two terms is refused as stale', async () => {
  expect(await called([heartbeat(2), heartbeat(1)])).toMatchObject([
    { type: 'AppendEntriesReply', term: 2, round: 2, result: { accepted: true } },
    { type: 'AppendEntriesReply', term: 2, round: 0, result: { accepted: false } },
  ]);
});

it('[PS1] an older message right behind a newer one is refused only once the newer term is on disk', async () => {
  let onDisk = 0;
  const adapt = (options: RaftNodeOptions): RaftNodeOptions => {
    const { store } = options;
    const write = store.write.bind(store);
    store.write = (operations, done) =>
      write(operations, (error) => {
        for (const operation of operations) {
          if (operation.type === 'setHardState') onDisk = operation.hardState.term;
        }
        done(error);
      });
    return options;
  };
  const said: [answered: number, onDisk: number][] = [];
  const answered = ({ term: ofTerm }: Message): unknown => said.push([ofTerm, onDisk]);
  await called([heartbeat(2), heartbeat(1)], { adapt, answered });
  expect(said).toEqual([
    [2, 2],
    [2, 2],
  ]);
});

it('[ID8] a caller that is gone before its proof is on disk opens no link', async () => {
  const cluster = new VirtualCluster(3);
  const { node, disk } = await cluster.boot('n1');
  const hellos: Hello[] = [];
  const listener = node.accept({
    sendHello: (hello) => hellos.push(hello),
    send: () => true,
    hold: () => {},
    release: () => {},
    bufferedBytes: () => 0,
    close: () => {},
  });
  disk.holds = true;
  listener.onHello(HELLO);
  listener.onClose({ kind: 'closed', text: 'the connection broke off' });
  await cluster.pass(20);
  disk.holds = false;
  for (const write of disk.held.splice(0)) write();
  await cluster.pass(20);
  expect(hellos).toEqual([]);
  expect(node.status().links.map(({ state }) => state)).not.toContain('open');
});
