/**
 * The lines of a play (`test/scenarios/README.md` says how they are written) as sentences for whoever never read one. What
 * the page shows anyway, the tables and the steps of charts, is left out; a line that nobody has words for stays as it is.
 */
import { places, speechOf } from './play-speech.ts';

/** Tells one play, line after line. */
export class PlayTeller {
  /** Comments and commands, in order. */
  readonly #script: readonly string[];
  #at = 0;
  /** Lines of a comment that goes on. */
  #paragraph: string[] = [];

  constructor(text: string) {
    this.#script = text.split('\n').filter((line) => !line.startsWith(OUTPUT));
  }

  /** A line of the script and what came of it; for each what the story says, `null` for nothing. */
  tell([line = '', ...outcomes]: readonly string[]): readonly (string | null)[] {
    this.#at += 1;
    const first = line.startsWith('#') ? this.#comment(line) : commandInWords(line);
    return [first, ...outcomes.map((outcome) => outcomeInWords(outcome.trim()))];
  }

  /** A paragraph is told whole, with its last line. */
  #comment(line: string): string | null {
    this.#paragraph.push(wordsIn(line));
    if (wordsIn(this.#script[this.#at] ?? '') !== '') return null;
    const paragraph = places(this.#paragraph.join(' ').trim());
    this.#paragraph = [];
    return paragraph === '' ? null : paragraph;
  }
}

const OUTPUT = '  ';

/** What a comment says; nothing for any other line. */
function wordsIn(line: string): string {
  return line.startsWith('#') ? line.slice(1).trim() : '';
}

function commandInWords(line: string): string | null {
  const [name = '', ...words] = line.replace(/^> (quietly )?/, '').split(' ');
  if (line === '' || SHOWN.includes(name)) return null;
  return COMMANDS[name]?.(words) ?? line;
}

/** They only bring about what the page shows. */
const SHOWN: readonly string[] = ['show', 'progress', 'values', 'flight'];

const COMMANDS: Readonly<Record<string, (words: readonly string[]) => string>> = {
  cluster: ([count]) => (count === '1' ? 'There is one node.' : `There are ${count} nodes.`),
  logs: (logs) => `The terms of the entries in their logs are ${logs.join('; ')}.`,
  terms: (terms) => `They have seen these terms: ${terms.join(', ')}.`,
  votes: (votes) => `They have voted: ${votes.join(', ')}.`,
  leases: () => 'A leader may answer reads by itself as long as its lease lasts.',
  limits: (limits) => `Bounds are set: ${limits.join(', ')}.`,
  timeout: (ids) => `${listed(ids)} ${has(ids)} waited too long.`,
  doubt: (ids) => `${listed(ids)} ${has(ids)} heard no leader for a while.`,
  heartbeat: (ids) => `It is time for a heartbeat of ${listed(ids)}.`,
  wait: ([time = '', ...ids]) => `For ${listed(ids)} ${milliseconds(time)} pass.`,
  run: ([time = '', ...ids]) =>
    `For ${listed(ids)} ${milliseconds(time)} pass, and what is said meanwhile arrives at once.`,
  elect: ([id]) => `${id} stands for election, and everything arrives.`,
  settle: () => 'Everything arrives, and all that comes of it, until nothing moves any more.',
  deliver: (words) => `${capital(messages(words))} ${arrive(words)}.`,
  drop: (words) => `${capital(messages(words))} ${are(words)} lost.`,
  hold: (words) => `${capital(messages(words))} ${are(words)} held up.`,
  repeat: (words) => `${capital(messages(words))} ${arrive(words)} once more.`,
  release: (words) =>
    `${capital(messages(words))} that ${isOne(words) ? 'was' : 'were'} held up ${arrive(words)}.`,
  cut: (words) =>
    words[0] === 'from'
      ? `From now on ${messages(words)} ${are(words)} lost.`
      : `The line between ${listed(words)} is cut: what they say to each other is lost.`,
  isolate: (ids) =>
    `${listed(ids)} ${ids.length === 1 ? 'is' : 'are'} cut off from everybody else.`,
  partition: (words) => {
    const parts = words
      .join(' ')
      .split(' | ')
      .map((part) => listed(part.split(' ')));
    return `The network falls apart: ${parts.join(' here, there ')}.`;
  },
  mend: () => 'All lines work again.',
  disconnect: (ids) => `The connection between ${listed(ids)} breaks, and both notice.`,
  reconnect: (ids) => `${listed(ids)} are connected again.`,
  slow: (ids) => `The disk of ${listed(ids)} takes its time.`,
  write: (ids) => `The disk of ${listed(ids)} has done a write.`,
  fast: (ids) => `The disk of ${listed(ids)} is itself again.`,
  fail: (ids) => `The disk of ${listed(ids)} fails.`,
  crash: ([id, ...when]) => `${id} crashes${when.length === 0 ? '' : ` ${when.join(' ')}`}.`,
  restart: (ids) => `${listed(ids)} ${ids.length === 1 ? 'starts' : 'start'} again.`,
  propose: ([id, ...writes]) => `A client asks ${id} to write ${writes.join(', ')}.`,
  read: ([id, key, ...how]) => `A client asks ${[id, 'for', key, ...how].join(' ')}.`,
  transfer: ([id, to]) =>
    `A client asks ${id} to hand leadership over${to === undefined ? '' : ` to ${to}`}.`,
};

const NOUNS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  PreVote: ['question before an election', 'questions before an election'],
  PreVoteReply: ['answer before an election', 'answers before an election'],
  RequestVote: ['request for a vote', 'requests for votes'],
  RequestVoteReply: ['answer to a request for a vote', 'answers to requests for votes'],
  AppendEntries: ['word of the leader', 'words of the leader'],
  AppendEntriesReply: ['answer to the leader', 'answers to the leader'],
  TimeoutNow: ['call to take over', 'calls to take over'],
  Propose: ['command that is passed on', 'commands that are passed on'],
  ReadIndex: ['question how far to read', 'questions how far to read'],
  ReadIndexReply: ['answer how far to read', 'answers how far to read'],
};

/** `[first|last] [type] [from n1 …] [to n2 …]`, or `n1 n2` for one direction. */
function messages(words: readonly string[]): string {
  if (words.length === 0) return 'everything';
  const [only, noun = ['message', 'messages']] = [
    onlyIn(words),
    NOUNS[words.find((word) => word in NOUNS) ?? ''],
  ];
  const rest = words.filter((word) => word !== only && !(word in NOUNS));
  const way =
    rest.length === 0 || /^(from|to)$/.test(rest[0] ?? '')
      ? rest
      : ['from', rest[0], 'to', rest[1]];
  return [only === undefined ? `all ${noun[1]}` : `the ${only} ${noun[0]}`, ...way].join(' ');
}

function onlyIn(words: readonly string[]): string | undefined {
  return words.find((word) => word === 'first' || word === 'last');
}

function isOne(words: readonly string[]): boolean {
  return words.length === 0 || onlyIn(words) !== undefined;
}

function arrive(words: readonly string[]): string {
  return isOne(words) ? 'arrives' : 'arrive';
}

function are(words: readonly string[]): string {
  return isOne(words) ? 'is' : 'are';
}

function has(ids: readonly string[]): string {
  return ids.length === 1 ? 'has' : 'have';
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? 'everyone';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

function milliseconds(time: string): string {
  return time.replace('ms', ' ms');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function outcomeInWords(line: string): string | null {
  const said = speechOf(line);
  if (said !== null) return said;
  for (const [pattern, words] of OUTCOMES) {
    const found = pattern.exec(line);
    if (found !== null) return words?.(...found.slice(1)) ?? null;
  }
  return line;
}

type Outcome = readonly [pattern: RegExp, words: ((...parts: string[]) => string) | null];

const OUTCOMES: readonly Outcome[] = [
  // Rows of the table, and steps of charts.
  [/^(state +term|n\d {2})/, null],
  [/^n\d (to n\d: )?\S+(, [a-z ]+)? → /, null],
  [
    /^(n\d) to (n\d): [^→]*match (\d+), next (\d+)/,
    (id, peer, match, next) =>
      `${id} knows that the log of ${peer} agrees with its own through entry ${match}, and sends entry ${next} next.`,
  ],
  [/^(n\d) leads term (\d+)$/, (id, term) => `${id} leads term ${term}.`],
  [/^(n\d) dies$/, (id) => `${id} dies.`],
  [/^(n\d) halts: (.*)$/, (id, why) => `${id} halts: ${why}.`],
  [/^(n\d) starts: (.*)$/, (id, what) => `${id} starts with what its disk holds: ${places(what)}.`],
  [
    /^(n\d) (writes|begins to write) (.*)$/,
    (id, does, what) => `${id} ${does} to its disk: ${places(what)}.`,
  ],
  [
    /^(n\d) commit \d+ → (\d+)/,
    (id, through) => `${id} knows that entries through ${through} are committed.`,
  ],
  [/^(n\d) applies (.*)$/, (id, what) => `${id} carries out ${places(what)}.`],
  [
    /^client of (n\d): (\S+) done, as (.*)$/,
    (id, what, where) => `The client of ${id} hears: ${what} is done, as ${places(where)}.`,
  ],
  [/^client of (n\d): (.*)$/, (id, what) => `The client of ${id} hears: ${what}.`],
  [/^(n\d) (nothing|\S+=\S+.*)$/, (id, what) => `${id} holds ${what}.`],
];
