/** What a node that founds a cluster by number tells its log: how far it is, and what keeps it from going on (FO12). */
import type { FoundingWord } from '../../core/founding.ts';
import { FOUNDING_QUESTIONS_MAX } from '../../core/limits.ts';
import type { Founding } from '../../node/founding/founding.ts';
import type { Log } from '../../server/operations/json-log.ts';

type Progress = Founding['progress'];

/** Tells what it is given if that is other than before, and at the end that it has founded. */
export function newsOf(log: Log): (progress: Progress, own: FoundingWord) => void {
  let said = '';
  let isOver = false;
  return (progress, own) => {
    const { state, words } = progress;
    if (isOver) return;
    isOver = state === 'founded';
    const heard = words.map(({ self }) => self.id).sort();
    const message = standstillOf(progress, own);
    const news = { state, expected: own.expected, heard, ...(message !== null && { message }) };
    const text = JSON.stringify(news);
    if (text === said) return;
    said = text;
    log(message === null ? 'info' : 'warn', 'founding', news);
  };
}

/** `null`: nothing but time is needed, or others that are still to start. */
function standstillOf({ asked, words }: Progress, own: FoundingWord): string | null {
  const { cluster, expected, self, state } = own;
  const other = words.find((word) => word.expected !== expected || word.cluster !== cluster);
  if (other !== undefined) return otherText(other, own);
  const founder = state.foundation === null ? state.promised?.founder : undefined;
  if (founder === undefined || founder.id === self.id) return null;
  const found = words.find((word) => word.self.id === founder.id);
  if (found !== undefined) {
    return found.self.incarnation === founder.incarnation ? null : lostText(founder.id);
  }
  return asked < FOUNDING_QUESTIONS_MAX ? null : silentText(founder.id);
}

function otherText({ cluster, expected, self }: FoundingWord, own: FoundingWord): string {
  return cluster === own.cluster
    ? `${self.id} has --bootstrap-expect ${expected}, and this node ${own.expected}: they found nothing together.`
    : `${self.id} has another --cluster-id: it founds nothing with this node.`;
}

function silentText(founder: string): string {
  return `This node has promised itself to ${founder}, which alone can found the cluster now, or release it, and does not answer. Start ${founder} on the directory that it had.`;
}

function lostText(founder: string): string {
  return `This node has promised itself to ${founder}, which has lost its directory. If no node has logged that its cluster is founded, stop all, empty all directories and start all again; otherwise put back the directory of ${founder}.`;
}
