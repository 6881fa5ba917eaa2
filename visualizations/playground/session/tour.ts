/** Raft in seven steps, for whoever has never read the paper: what to watch, and in which run. */
import { nodeId } from '../../../src/core/types.ts';
import { DEFAULT_CLUSTER, type RunDescription } from '../run/run.ts';

export interface TourStep {
  readonly title: string;
  readonly words: string;
  /** What to do with the hands. */
  readonly task: string;
  readonly run: RunDescription;
}

const n1 = nodeId('n1');
const n2 = nodeId('n2');
const n3 = nodeId('n3');
const n4 = nodeId('n4');

export const TOUR: readonly TourStep[] = [
  {
    title: 'An election',
    words:
      'Three nodes keep the same log. One of them leads, the others follow, and at the start nobody does. Each waits for a while that is drawn by chance: the ring around it runs down. Whoever loses patience first asks whether it could win, then asks for votes in a new term. A majority of votes makes a leader, and since a node votes once in a term, there is at most one.',
    task: 'Press Play, and follow the chart of the node that becomes leader.',
    run: DEFAULT_CLUSTER,
  },
  {
    title: 'A split vote',
    words:
      'Two lose patience at the same moment and each gets half of the votes. Nobody wins, and nothing is wrong: both wait again for a while drawn by chance, and the next time one of them is first. Chance is all it takes.',
    task: 'Step through the play, line by line.',
    run: { kind: 'play', name: 'elections/split-vote' },
  },
  {
    title: 'Replication',
    words:
      'A command goes to the leader, which writes it into its log and sends it to the others. When it is on the disks of a majority it is committed: solid in the table below the ring. From then on no crash and no election can undo it, and everyone applies it to its state machine.',
    task: 'Press Play. Once there is a leader, write a key through any node, and watch its cell become solid.',
    run: { ...DEFAULT_CLUSTER, seed: '3' },
  },
  {
    title: 'Repairing a log',
    words:
      'A leader that was cut off may have entries that nobody else has. The new leader finds the last place where both logs agree, and has everything behind it replaced: the log of the leader counts, and what was never committed may go.',
    task: 'Step through the play and watch the terms in the cells.',
    run: { kind: 'play', name: 'replication/a-conflicting-tail' },
  },
  {
    title: 'Figure 8: why a majority is not always enough',
    words:
      'An entry of an earlier term can be on a majority of the disks and still be replaced, since somebody with a newer last term may be elected. So a leader counts only entries of its own term; what stands before them is committed along with them. This is the subtlest point of Raft (Figure 3.7 of the dissertation).',
    task: 'Step through the play.',
    run: { kind: 'play', name: 'commitment/figure-3-7' },
  },
  {
    title: 'Pre-votes',
    words:
      'A node that is cut off would raise its term again and again, and on its return depose a leader that everybody else is content with. So it asks first whether it could win, without raising its term. As long as the others hear their leader they say no, and nobody is disturbed.',
    task: 'Press Play: after eight seconds n1 is cut off, asks in vain, and comes back without harm.',
    run: {
      ...DEFAULT_CLUSTER,
      seed: '2',
      deeds: [
        {
          step: 640,
          deed: {
            type: 'partition',
            shape: 'isolate',
            cuts: [n2, n3].flatMap((other) => [
              { from: n1, to: other },
              { from: other, to: n1 },
            ]),
            isHard: true,
          },
        },
        { step: 1_000, deed: { type: 'mend' } },
      ],
    },
  },
  {
    title: 'Changing the members',
    words:
      'After eight seconds n4 joins. First it learns the log and has no vote; when it has caught up, the old and the new voters decide jointly, each half by its own majority, and then the new ones alone. At no moment can two majorities decide apart, and the cluster serves all the time.',
    task: 'Press Play, and look at the chart “membership” of the leader.',
    run: {
      ...DEFAULT_CLUSTER,
      seed: '5',
      deeds: [
        {
          step: 650,
          deed: { type: 'change', node: n1, add: [n4], promote: [n4], remove: [] },
        },
      ],
    },
  },
];
