/**
 * A process that looks at data directories with the production store, one after the other, on request: what
 * it holds, or why it is refused. A process of its own because LevelDB may end it. Every directory is a
 * copy: opening counts a start.
 */
import { createHash } from 'node:crypto';
import { staticConfiguration } from '../../../src/core/configuration.ts';
import { entriesOf } from '../../../src/core/entry-run.ts';
import { RaftError } from '../../../src/core/errors.ts';
import type { LogShape } from '../../../src/core/log-shape.ts';
import { index, nodeId } from '../../../src/core/types.ts';
import type { LogStore, RecoveredLog } from '../../../src/ports/log-store.ts';
import { levelLogStore } from '../../../src/storage/disk-log-store.ts';
import type { Look, LookRequest, OpenedLook } from './looker.ts';
import { promisesIn } from './promises.ts';

const READ_BYTES = 4 * 1024 * 1024;
/** Opening writes one batch, which counts the start. */
const STARTS_OF_A_LOOK = 1;

process.on('message', (request) => {
  lookAt(request as LookRequest).then((look) => process.send?.(look));
});

async function lookAt({ directory, clusterId, id, members, through }: LookRequest): Promise<Look> {
  const store = levelLogStore({ directory });
  const founding = staticConfiguration(members.map(nodeId));
  try {
    const recovered = await store.open({ clusterId, nodeId: id, founding });
    const sequence = promisesIn(directory).sequence - STARTS_OF_A_LOOK;
    return { ...(await contentOf(store, recovered, through)), sequence };
  } catch (error) {
    if (!(error instanceof RaftError)) return { type: 'failed', message: textOf(error) };
    return { type: 'refused', code: error.code, message: error.message };
  } finally {
    await store.close();
  }
}

async function contentOf(
  store: LogStore,
  { hardState, log, peers, isNew }: RecoveredLog,
  through: number,
): Promise<Omit<OpenedLook, 'sequence'>> {
  const met = peers.map(({ nodeId: name, met: boot }) => `${name}:${boot?.word}`).sort();
  return {
    type: 'opened',
    isNew,
    term: hardState.term,
    votedFor: hardState.votedFor,
    firstIndex: log.base.index + 1,
    lastIndex: log.lastIndex,
    ...(await digestsOf(store, log, through)),
    peers: met.join(' '),
  };
}

/** Of every entry its index, term, kind and bytes: however the runs are cut, the same for the same log. */
async function digestsOf(
  store: LogStore,
  { base, lastIndex }: LogShape,
  through: number,
): Promise<Pick<OpenedLook, 'entries' | 'part'>> {
  const hash = createHash('sha256');
  let part: OpenedLook['part'] = null;
  for (let from = base.index + 1; from <= lastIndex; ) {
    const range = { from: index(from), through: lastIndex, bytesMax: READ_BYTES };
    for (const run of await store.read(range)) {
      for (const { kind, data } of entriesOf(run)) {
        hash.update(`${from} ${run.term} ${kind} ${data.length} `).update(data);
        if (from === through) part = { term: run.term, entries: hash.copy().digest('hex') };
        from += 1;
      }
    }
  }
  return { entries: hash.digest('hex'), part };
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
