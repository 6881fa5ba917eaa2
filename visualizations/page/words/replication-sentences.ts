/** What a step of the other charts means, where it means something to an onlooker: how a leader fills another's log. */
import type { TransitionRecord } from '../../../src/ports/inspection.ts';
import { type Sentence, said } from './said.ts';

export function replicationSentence(record: TransitionRecord): Sentence | null {
  const { node, chart, actor, from, to } = record;
  const peer = actor.split(':')[1] ?? '';
  if (chart === 'replication')
    return replicationStep({ node, peer, was: mode(from), is: mode(to) }, record);
  if (chart === 'link' && to.includes('refused') && !from.includes('refused')) {
    return said(node, 'fault', `${node} and ${peer} refuse each other's calls.`);
  }
  if (chart === 'log-writer' && to.includes('stalled')) {
    return said(node, 'fault', `The disk of ${node} stalls.`);
  }
  if (chart === 'snapshotter' && from.startsWith('idle') && to === 'capturing') {
    return said(node, 'log', `${node} takes a snapshot.`);
  }
  return null;
}

interface Step {
  readonly node: string;
  readonly peer: string;
  readonly was: string;
  readonly is: string;
}

function replicationStep(
  { node, peer, was, is }: Step,
  { event, to }: TransitionRecord,
): Sentence | null {
  if (was === is || to === 'probe.postponed') return null;
  if (is === 'replicate')
    return said(node, 'log', `${node} knows where the log of ${peer} agrees with its own.`);
  if (is === 'snapshot')
    return said(node, 'log', `${node} has no entries left that ${peer} lacks, only a snapshot.`);
  if (event === 'append.rejected')
    return said(node, 'log', `${peer} lacks what comes before: ${node} looks further back.`);
  return null;
}

/** `probe`, `replicate` or `snapshot`. */
function mode(state: string): string {
  return state.split('.')[0] ?? '';
}
