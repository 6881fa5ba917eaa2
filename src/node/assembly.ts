/** Puts the parts of a node together, once its store has been opened, and gives each what it needs of the others. */
import type { Send } from '../core/effect.ts';
import { lastLog } from '../core/term-runs.ts';
import type { Index, NodeId } from '../core/types.ts';
import type { RecoveredLog } from '../ports/log-store.ts';
import { saysRemoved } from '../rules/identity.ts';
import { ApplyTurns } from './deeds/apply-turns.ts';
import { Applying } from './deeds/applying.ts';
import { Disk } from './deeds/disk.ts';
import { LogReader } from './deeds/log-reader.ts';
import { LogTail } from './deeds/log-tail.ts';
import { LogWriting } from './deeds/log-writing.ts';
import { Replicating } from './deeds/replicating.ts';
import { Snapshots } from './deeds/snapshots.ts';
import { type Deeds, deedsOf, perform } from './deeds.ts';
import type { Settings } from './options.ts';
import type { Parts } from './parts.ts';
import { Callers } from './peers/callers.ts';
import { Dialler } from './peers/dialler.ts';
import { Introductions } from './peers/introductions.ts';
import { KnownPromises } from './peers/known-promises.ts';
import { KnownVersions } from './peers/known-versions.ts';
import { Members } from './peers/members.ts';
import { Peers, type PeersOptions } from './peers/peers.ts';
import { PeerProblems } from './peers/problems.ts';
import { receive } from './receive.ts';
import { Clients } from './requests/clients.ts';
import { SnapshotCalls } from './requests/snapshot-calls.ts';
import { Installing } from './snapshots/installing.ts';
import { Pulling } from './snapshots/pulling.ts';
import { Serving } from './snapshots/serving.ts';
import { statusOf } from './status.ts';
import type { Part } from './tree/endings.ts';
import type { Life } from './tree/life.ts';
import { appliedAtStart } from './tree/recovery.ts';
import { Inspector } from './view/inspection/inspector.ts';
import { viewOf } from './view/inspection/node-view.ts';
import { Audience } from './view/listeners.ts';
import { Roles } from './view/roles.ts';
import { Timings } from './view/timings.ts';

/** States of a link chart that ask for a connection. */
const CALLING: readonly string[] = ['dialing', 'handshaking'];

interface FedByTheLog extends Pick<Parts, 'installing' | 'snapshotCalls' | 'snapshots'> {
  readonly applyTurns: ApplyTurns;
  readonly log: LogReader;
  readonly tail: LogTail;
}

/** What is known when a node is put together. */
interface Beginnings {
  readonly settings: Settings;
  readonly recovered: RecoveredLog;
  readonly life: Life;
}

export function assemble(beginnings: Beginnings, ports: Part): Parts {
  const { life, recovered, settings } = beginnings;
  const { clock } = life;
  const { id, instruments, limits, machine } = settings;
  const audience = new Audience((call) => clock.defer(call));
  const { actors } = life;
  const atStart = recovered.configurations.at(-1) ?? recovered.membership;
  const { founders = {}, members: told } = settings;
  const members = new Members({ id, actors, told, recovered: atStart.addresses, founders });
  const problems = new PeerProblems(
    clock,
    (name) => members.includes(name),
    (event) => audience.peer.tell(event),
  );
  const versions = new KnownVersions({ id, machine, members });
  const promises = new KnownPromises(settings);
  const known = { members, problems, promises, versions };
  const connections = connectionsOf(beginnings, known, {
    received: (from, message, runs) => receive(parts, from, message, runs),
    refused: (text) => {
      if (saysRemoved(id, text)) learnRemoval(parts);
    },
  });
  const { peers, pulling } = connections;
  const disk = diskOf(beginnings, ({ to, message }) => peers.send(to, message, []));
  const timings = new Timings(clock);
  const progress = appliedAtStart(recovered);
  const clients = new Clients({
    ...{ actors, clock, disk, limits, members, peers, problems, promises },
    ...{ run: life.run, timings, versions },
    firstRequestId: recovered.identity.boots * 2 ** 32,
    progress,
  });
  const applying = new Applying({ machine, clock, progress, taker: clients, instruments });
  const fed = fedByTheLog(beginnings, { applying, clients, disk, pulling, timings });
  const { installing, snapshotCalls, snapshots } = fed;
  const startedAt = clock.wallTimeMs();
  const inspector = new Inspector({
    ...{ id, clock, actors, peers },
    view: (watched) => viewOf({ actors, startedAt, status: statusOf(parts, recovered) }, watched),
  });
  const parts: Parts = {
    ...{ id, clock, limits, run: life.run, actors },
    ...{ applying, audience, clients, disk, members, problems, timings, versions },
    ...connections,
    ...{ inspector, installing, snapshotCalls, snapshots },
    roles: new Roles(recovered.hardState.term, (event) => audience.role.tell(event)),
  };
  const deeds = buildDeeds(parts, fed);
  life.consistsOf(endings(parts, settings, ports), (effect, received) => {
    instruments?.performing?.(effect.type);
    perform(deeds, effect, received);
  });
  return parts;
}

/** MC11: what the own log does not say. Whoever listens hears of it as if it did, without this node among the members. */
function learnRemoval({ actors, audience, clients, id, members }: Parts): void {
  if (!members.toldRemoved()) return;
  const { voters = [], learners = [] } = actors.lastRaft?.configuration ?? {};
  audience.members.tell({
    voters: voters.filter((voter) => voter !== id),
    learners: learners.filter((learner) => learner !== id),
    ...{ joint: false, isCommitted: true, isRemoved: true },
  });
  clients.schedulePump();
}

/** Safety: what writes and speaks ends first (FS2). */
function endings(parts: Parts, { instruments }: Settings, ports: Part): readonly Part[] {
  const { actors, applying, audience, clients, disk, peers, problems, roles } = parts;
  const { inspector, installing, pulling, serving, snapshotCalls, snapshots } = parts;
  const halting: Part = {
    end: ({ error }) => void (error === null || instruments?.performing?.('halted')),
  };
  const fetching = [pulling, serving, installing];
  const first = [disk, snapshots, peers, ...fetching, applying, problems];
  const speaking = [clients, snapshotCalls, roles, audience, inspector];
  return [...first, halting, actors, ...speaking, ports];
}

function diskOf({ life, recovered, settings }: Beginnings, send: (send: Send) => void): Disk {
  const { clock, store } = settings;
  const { commitIndex, hardState, log } = recovered;
  return new Disk({
    store,
    send,
    recovered: { hardState, entry: lastLog(log), commitIndex },
    now: () => clock.now(),
    run: life.run,
  });
}

interface Known extends Pick<Parts, 'members' | 'problems' | 'versions'> {
  readonly promises: KnownPromises;
}

function connectionsOf(
  { life, recovered, settings }: Beginnings,
  { members, problems, promises, versions }: Known,
  news: Pick<PeersOptions, 'received' | 'refused'>,
): Pick<Parts, 'callers' | 'dialler' | 'peers' | 'pulling' | 'serving'> {
  const { store, transport } = settings;
  const { identity, peers: known } = recovered;
  const { actors, clock, fail: failed, run } = life;
  const addressOf = (peer: NodeId): string | null => members.addressOf(peer);
  const shared = { failed, problems, run, members };
  const heard = { promises, versions };
  const introductions = new Introductions({ ...shared, identity, known, store, ...heard });
  const tellLink: PeersOptions['tellLink'] = (peer, event) => actors.tellLink(peer, event);
  const peers = new Peers({ ...shared, ...news, introductions, tellLink });
  const connecting = { introductions, peers, problems, run, tellLink };
  const dialler = new Dialler({ ...connecting, addressOf, transport });
  const { snapshots } = store;
  const serving = new Serving({
    ...{ clock, fail: failed, limits: settings.limits, peers, run },
    released: () => actors.tellSnapshotter({ type: 'snapshot.released' }),
    store: snapshots,
  });
  const pulling = new Pulling({
    ...{ actors, addressOf, introductions, peers, run, transport },
    store: snapshots,
  });
  const callers = new Callers({
    ...connecting,
    serving,
    begin: (call) => actors.tellNode({ type: 'call.received', call }),
    tellCall: (call, event) => actors.tellCall(call, event),
    members,
    isCalling: (peer) =>
      settings.id < peer && CALLING.includes(actors.link(peer)?.state ?? 'closed'),
  });
  return { callers, dialler, peers, pulling, serving };
}

/** What reads the log to apply it, and takes snapshots of what comes of that. */
function fedByTheLog(
  { life, settings }: Beginnings,
  parts: Pick<Parts, 'applying' | 'clients' | 'disk' | 'pulling' | 'timings'>,
): FedByTheLog {
  const { applying, clients, timings } = parts;
  const { actors, clock, run } = life;
  const { limits, machine, store } = settings;
  const tail = new LogTail(limits.cacheBytesMax);
  const log = new LogReader({ tail, store, run, fail: life.fail });
  const applied = (lastApplied: Index): void => {
    clients.reads.applied(lastApplied);
    const snapshotBytes = snapshots.bytesToRepeat;
    const news = { lastApplied, bytes: applying.bytes, snapshotBytes };
    actors.tellSnapshotter({ type: 'entries.applied', ...news });
  };
  const applyTurns = new ApplyTurns({
    ...{ actors, applying, clock, run, timings },
    log: new LogReader({ tail, store, run, fail: life.fail, readsAhead: true }),
    bytesMax: limits.applyBytesMax,
    applied,
  });
  const snapshots = new Snapshots({
    ...{ actors, applying, clock, machine, run },
    store: store.snapshots,
    trailingEntries: settings.snapshotThresholds.trailingEntries,
    inMemoryFrom: () => tail.firstIndex,
    betweenTurns: (act) => applyTurns.betweenTurns(act),
  });
  const snapshotCalls = new SnapshotCalls({
    ...{ actors, applying, clock, snapshots },
    store: store.snapshots,
  });
  const installing = new Installing({ ...parts, actors, applied, machine, run, store });
  return { applyTurns, installing, log, snapshotCalls, snapshots, tail };
}

function buildDeeds(parts: Parts, { applyTurns, log, tail }: FedByTheLog): Deeds {
  const { actors, clients, clock, disk, peers, run, timings } = parts;
  return deedsOf({
    ...parts,
    applyTurns,
    logWriting: new LogWriting({
      ...{ actors, clock, disk, run, tail, timings },
      appendProposed: (start, count) => clients.appendProposed(start, count),
      appended: (run) => clients.appended(run),
    }),
    replicating: new Replicating({ actors, log, peers, run }),
  });
}
