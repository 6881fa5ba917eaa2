/** What nodes say to each other in a play, as people would say it. */

/** `n1 → n2 …`, `n2 ← n1 …`; of any other line `null`. */
export function speechOf(line: string): string | null {
  const [, own = '', way, other, kind = '', term = '', detail = '', fate = '', times] =
    MESSAGE.exec(line) ?? [];
  if (own === '') return null;
  const speech = SPEECHES[kind]?.(term, detail) ?? `${kind} ${detail}`.trim();
  const who = way === '→' ? `${own} to ${other}` : `${own} hears ${other}`;
  const often = times === undefined ? '' : `, ${times} times`;
  return `${who}${often}: “${speech}”${FATES[fate] ?? ''}`;
}

const MESSAGE =
  /^(n\d) ([→←]) (n\d) (\w+) term (\d+)(?:, (.*?))?(?: \((lost|held)\))?(?: \(×(\d+)\))?$/;

const FATES: Readonly<Record<string, string>> = {
  lost: ' It will not arrive.',
  held: ' It is held up.',
};

const SPEECHES: Readonly<Record<string, (term: string, detail: string) => string>> = {
  PreVote: (term) => `Would you vote for me in term ${term}?`,
  PreVoteReply: (_, detail) => (isYes(detail) ? 'I would.' : 'I would not.'),
  RequestVote: (term) => `Vote for me in term ${term}.`,
  RequestVoteReply: (term, detail) =>
    isYes(detail) ? `You have my vote in term ${term}.` : `You do not get my vote in term ${term}.`,
  AppendEntries: append,
  AppendEntriesReply: (term, detail) => {
    const [, answer, index] = /^(yes|no) (?:through|to) (\d+)/.exec(detail) ?? [];
    if (answer === 'yes') return `My log agrees with yours through entry ${index}.`;
    return answer === 'no' ? `Entry ${index} does not fit my log.` : `I am in term ${term}.`;
  },
  TimeoutNow: () => 'Take over: stand for election at once.',
  Propose: (_, detail) => `Please append ${detail}.`,
  ProposeReply: (_, detail) => detail.replace(/^placed at (\d+)$/, 'It is entry $1.'),
  ReadIndex: () => 'How far do I have to read?',
  ReadIndexReply: (_, detail) => detail.replace(/^read at (\d+)$/, 'Through entry $1.'),
  TransferLeadership: (_, detail) => `Please hand leadership over ${detail}.`,
};

function isYes(detail: string): boolean {
  return detail.startsWith('granted');
}

function append(term: string, detail: string): string {
  const lead = `I lead term ${term}.`;
  const [, entries = '', after, commit] =
    /^(.*?) ?after \d+\/(\d+), commit (\d+)/.exec(detail) ?? [];
  const committed = commit === '0' ? '' : ` Entries through ${commit} are committed.`;
  if (after === undefined) return `${lead} ${detail}`;
  if (entries === 'nothing' || entries === '') return `${lead}${committed}`;
  const where = after === '0' ? 'At the start of your log' : `Behind entry ${after}`;
  return `${lead} ${where} put ${places(entries)}.${committed}`;
}

/** `2/3 x=1` is the entry of term 2 at index 3, `4/4..6` are three of term 4. */
export function places(text: string): string {
  return text
    .replaceAll(/(\d+)\/(\d+)\.\.(\d+)/g, 'entries $2 to $3 of term $1')
    .replaceAll(/(\d+)\/(\d+)/g, 'entry $2 of term $1')
    .replaceAll(/(of term \d+) (no-op|[^\s,;]+=[^\s,;]+)/g, '$1 ($2)');
}
