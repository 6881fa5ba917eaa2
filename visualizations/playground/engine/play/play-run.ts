/**
 * A play, line by line. Every member of a play has a clock of its own, which mostly stands still; so a line counts for as
 * much time as it takes to read it.
 */
import { perform } from '../../../../test/scenarios/play.ts';
import type { PlayMember } from '../../../../test/scenarios/play-member.ts';
import type { Stage } from '../../../../test/scenarios/stage.ts';
import { Gate } from '../gate.ts';
import type { OnStage } from '../stage-hand.ts';
import type { Note, SteppedRun } from '../stepped-run.ts';
import { PlayTeller } from './play-words.ts';

/** What a line counts for, in milliseconds. */
const LINE_MS = 1_000;

export function startPlay(text: string, look: () => void): SteppedRun {
  const gate = new Gate(look);
  const notes: Note[] = [];
  const teller = new PlayTeller(text);
  let stage: Stage | null = null;
  const run = (): Promise<string> =>
    perform(
      text,
      {},
      {
        opened: (opened) => {
          stage = opened;
          look();
        },
        told: (lines) => {
          const words = teller.tell(lines);
          for (const [at, text] of lines.entries()) {
            notes.push({ atMs: gate.step * LINE_MS, node: null, text, words: words[at] ?? null });
          }
          return gate.passed();
        },
      },
    );
  return {
    gate,
    nowMs: () => gate.step * LINE_MS,
    members: () => stage?.all.map(onStage) ?? [],
    showNodes: () => stage?.all.forEach(show),
    takeNotes: () => notes.splice(0),
    broken: () => null,
    hash: () => '',
    finished: gate.carry(run),
  };
}

function onStage({ id, node }: Stage['all'][number]): OnStage {
  const presence = node === null ? 'dead' : 'running';
  return { id, node, presence, how: node === null ? 'is down' : 'runs' };
}

/** Timers of a clock that stands still never end, nor does it run what was put off. */
function show(member: PlayMember): void {
  member.node?.tellDueView();
  member.runDeferred();
}
