/**
 * `GET /backup`: the state of this member at one revision, as a stream of records that prove themselves (BK1). It is made from
 * a pinned view as its reader takes it: nothing is copied as a whole, and a reader that stops, or is too slow, is ended.
 */
import { RaftError } from '../../../core/errors.ts';
import type { CapturedState } from '../../../ports/replica.ts';
import type { MachineSnapshot } from '../../../ports/state-machine.ts';
import type { Account } from '../../admission/account.ts';
import { BACKUP_FORMAT, type BackupHeader, BackupWriter } from '../../backup/backup-format.ts';
import { asRaftError, overloaded } from '../../errors.ts';
import {
  BACKUP_BYTES_PER_SECOND_MAX,
  BACKUP_BYTES_PER_SECOND_MIN,
  BACKUP_GRACE_MS,
  BACKUPS_MAX,
} from '../../limits.ts';
import type { OpenStreams } from '../../open-streams.ts';
import { count } from '../../operations/server-counters.ts';
import type { ServerContext } from '../../server-context.ts';
import type { Ask } from '../ask.ts';
import { readQuery } from '../request/request-query.ts';
import { readyToRead } from './kv-routes.ts';

type BackupContext = Pick<
  ServerContext,
  'replica' | 'kv' | 'guard' | 'counters' | 'clock' | 'version' | 'onFault'
>;

interface BackupParts extends Pick<Ask, 'account' | 'visitor'> {
  readonly streams: OpenStreams;
}

export async function getBackup(
  context: BackupContext,
  request: Request,
  parts: BackupParts,
): Promise<Response> {
  const query = readQuery(request.url, ['consistency', 'atLeast', 'timeoutMs']);
  const served = await readyToRead(context, query);
  // Again, with what it is made of.
  context.guard.mayAct(parts.visitor, 'admin');
  const { counters } = context;
  if (counters.backups >= BACKUPS_MAX) throw overloaded(TOO_MANY);
  counters.backups += 1;
  try {
    const state = await captured(context);
    const headers = {
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
      'raftchart-revision': String(state.header.revision),
      'raftchart-consistency': served,
    };
    return new Response(new BackupStream(context, state, parts).readable, { headers });
  } catch (error) {
    counters.backups -= 1;
    throw error;
  }
}

const TOO_MANY = `${BACKUPS_MAX} backups are being made on this node already. Ask another node, or later.`;

interface Captured {
  readonly header: BackupHeader;
  readonly view: MachineSnapshot;
}

/** The numbers of the store are of the very state that was captured: they are read before anything more is applied. */
function captured(context: BackupContext): Promise<Captured> {
  return new Promise((resolve, reject) => {
    context.replica.capture((outcome) => {
      if (outcome.type === 'failed') return reject(outcome.error);
      const { state } = outcome;
      resolve({ header: headerOf(context, state), view: state.view });
    });
  });
}

function headerOf(
  { clock, kv, replica, version }: BackupContext,
  { meta }: CapturedState,
): BackupHeader {
  const { clusterId } = replica.status();
  const { lastEntry, membership, timeMs } = meta;
  const { voters, learners } = membership.configuration;
  return {
    format: BACKUP_FORMAT,
    word: crypto.randomUUID().replaceAll('-', ''),
    clusterId,
    node: replica.id,
    lastEntry,
    logTimeMs: timeMs,
    revision: kv.revision,
    compactedRevision: kv.compactedRevision,
    keys: kv.keyCount,
    members: { voters, learners, addresses: membership.addresses },
    takenMs: clock.wallTimeMs(),
    version,
  };
}

/** One backup on its way. It ends when it is whole, when its reader leaves, stops or lags, or with the server. */
class BackupStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #context: BackupContext;
  readonly #account: Account;
  readonly #view: MachineSnapshot;
  readonly #writer = new BackupWriter();
  readonly #chunks: Chunks;
  readonly #leave: () => void;
  readonly #startedAt: number;
  #next: Uint8Array | null;
  #bytes = 0;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #isOver = false;

  constructor(context: BackupContext, { header, view }: Captured, parts: BackupParts) {
    this.#context = context;
    this.#account = parts.account;
    this.#view = view;
    this.#chunks = iteratorOf(view.chunks());
    this.#next = this.#writer.header(header);
    this.#startedAt = context.clock.now();
    const source: UnderlyingDefaultSource<Uint8Array> = {
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#pull(),
      cancel: () => this.#end('broken'),
    };
    // Nothing is made ahead: a record is asked for when the socket has taken the one before.
    this.readable = new ReadableStream(source, { highWaterMark: 0 });
    this.#leave = parts.streams.add((error) => this.#fail(error));
  }

  async #pull(): Promise<void> {
    this.#account.release(this.#account.bytes);
    try {
      if (this.#isTooSlow()) throw tooSlow();
      const record = this.#next ?? (await this.#chunk());
      this.#next = null;
      if (this.#isOver) return;
      await this.#room(record?.length ?? 0);
      if (record !== null) this.#write(record);
      else this.#finish();
    } catch (error) {
      if (this.#isOver) return;
      const known = asRaftError(error);
      if (known === null) this.#context.onFault(error);
      this.#fail(known ?? failed());
    }
  }

  /** Others have their turn before it is made. `null`: there is none left. */
  async #chunk(): Promise<Uint8Array | null> {
    await this.#turn();
    if (this.#isOver) return null;
    const { done, value } = await this.#chunks.next();
    return done === true ? null : this.#writer.chunk(value, this.#view.progress?.() ?? 0);
  }

  /** Bound: no sooner than what was made before allows. */
  #turn(): Promise<void> {
    const { clock } = this.#context;
    const dueMs = (1000 * this.#bytes) / BACKUP_BYTES_PER_SECOND_MAX;
    const earlyMs = this.#startedAt + dueMs - clock.now();
    return new Promise((resolve) => {
      if (earlyMs < 1) clock.yield(() => resolve());
      else clock.setTimeout(() => resolve(), earlyMs);
    });
  }

  #isTooSlow(): boolean {
    const tookMs = this.#context.clock.now() - this.#startedAt;
    return tookMs > BACKUP_GRACE_MS + (1000 * this.#bytes) / BACKUP_BYTES_PER_SECOND_MIN;
  }

  #room(bytes: number): Promise<void> {
    return new Promise((resolve) => this.#account.whenRoom(bytes, resolve));
  }

  #finish(): void {
    this.#write(this.#writer.end());
    this.#end('whole');
    this.#controller?.close();
  }

  #fail(error: RaftError): void {
    if (this.#isOver) return;
    this.#write(this.#writer.failure(error));
    this.#end('broken');
    this.#controller?.close();
  }

  #write(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#account.hold(bytes.length);
    this.#bytes += bytes.length;
    this.#controller?.enqueue(bytes);
  }

  #end(how: 'whole' | 'broken'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { counters } = this.#context;
    counters.backups -= 1;
    count(counters.backupsEnded, how, 1);
    this.#leave();
    this.#view.release();
  }
}

type Chunks = Iterator<Uint8Array> | AsyncIterator<Uint8Array>;

function iteratorOf(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Chunks {
  return Symbol.asyncIterator in chunks
    ? chunks[Symbol.asyncIterator]()
    : chunks[Symbol.iterator]();
}

function tooSlow(): RaftError {
  return new RaftError(
    'RAFT_TIMED_OUT',
    `It was taken at less than ${BACKUP_BYTES_PER_SECOND_MIN} bytes a second, and keeps what the node would free. Take it from nearer, or ask another node.`,
    { retry: 'safe' },
  );
}

function failed(): RaftError {
  return new RaftError('RAFT_STOPPED', 'The backup failed on this node. Ask another node.');
}
