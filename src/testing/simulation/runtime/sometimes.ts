/**
 * Things that must happen now and then in a simulation worth its name: rare turns of events in which other
 * implementations have failed. A list of seeds during which one of them never happens has not tested it, however
 * green it is.
 */
import { THROW_PLACES, type ThrowPlace } from './trap.ts';

const TURNS = [
  'a follower drops entries of two terms at once',
  'a leader wakes up deposed',
  'a frozen follower wakes up and the leader stays',
  'a vote is refused for an older log',
  'two candidates share a term',
  'two terms in a row elect nobody',
  'a leader commits entries of earlier terms with one of its own',
  'a new leader holds entries that are not committed',
  'a leader steps down because no quorum answers',
  'a leader steps down because its disk stalls',
  'a write that was cut short is there after the restart',
  'a write that was cut short is gone after the restart',
  'a failed write is there after the restart',
  'a message of an earlier term arrives late',
  'a probe is refused twice in a row',
  'the window to a peer is full',
  'a command of unknown outcome was carried out',
  'a command of unknown outcome was never carried out',
  'a command is overwritten by another leader',
  'a call is refused because too many wait',
  'a damaged directory is refused',
  'a directory opens whole in spite of damage',
  'an emptied disk is turned away by those who knew it',
  'an old copy of a disk is turned away',
  'a restarted node applies what it knew before it hears a leader',
  'a node does not start while its disk is full',
  'everyone loses power and nothing acknowledged is lost',
  'a connection breaks in the middle of a message',
  'a member outside of the core keeps campaigning in vain',
  'a command that came again is answered as before',
  'two copies of a command stand in the log',
  'a client hears that its session is over',
  'a read waits for the write that it names',
  'a read is served by a lease',
  'a running member is restored from a snapshot',
  'a member starts from a snapshot',
  'a snapshot takes over chunks of the one before',
  'a watch goes on at another server',
  'a write ends unknown because its connection broke',
  'a hostile connection is closed for what it sent',
  'a client is left unread until it reads',
  'a change of members is done',
  'a node that joined leads',
  'a removed node knows that it was removed',
  'a leader finds a joint configuration',
  'a configuration is taken back',
  'two members speak the oldest protocol version',
  'leadership moves as was asked for',
  'a transfer is refused',
  'a transfer is in vain',
  'a holder of a lock writes under its number',
  'a lease expires',
  'a lease outlives its leader',
  'a renewal comes before the end that was decided on',
  'history is let go of',
  'a watch hears that what it has yet to be told was let go of',
] as const;

export type Sometimes = (typeof TURNS)[number] | `the code of a node throws at ${ThrowPlace}`;

/** All of them; one for each place at which a fault can make the code of a node throw. */
export function everySometimes(): readonly Sometimes[] {
  return [
    ...TURNS,
    ...THROW_PLACES.map((place): Sometimes => `the code of a node throws at ${place}`),
  ];
}

export class SometimesLog {
  readonly #seen = new Set<Sometimes>();

  note(what: Sometimes): void {
    this.#seen.add(what);
  }

  get seen(): readonly Sometimes[] {
    return [...this.#seen];
  }
}
