/** What nodes on one network say to each other and what is made of it, without a network: `multicast-process.test.ts` has one. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  DATAGRAM_BYTES_MAX,
  DISCOVERY_ANSWERS_PER_SECOND_MAX,
  DISCOVERY_HEARD_MS,
  DISCOVERY_PAUSE_MS,
  DISCOVERY_PLACES_MAX,
} from '../../src/cli/limits.ts';
import { AnswerAllowance } from '../../src/cli/serving/finding/announcer.ts';
import {
  type Answer,
  answerIn,
  encodeAnswer,
  encodeQuestion,
  questionIn,
} from '../../src/cli/serving/finding/datagrams.ts';
import { MulticastDiscovery } from '../../src/cli/serving/finding/multicast-discovery.ts';
import { interfaceOf } from '../../src/cli/serving/finding/multicast-group.ts';
import { runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

const QUESTION = { nonce: '0123456789abcdef0123456789abcdef', cluster: 'orders' };
const ANSWER: Answer = { ...QUESTION, host: '10.0.0.1', port: 4100 };
const GROUP = { address: { host: '239.1.2.3', port: 1 }, via: null, cluster: 'orders' };

describe('a datagram', () => {
  it.each([
    ANSWER,
    { ...ANSWER, host: null, cluster: '' },
    { ...ANSWER, host: 'fe80::1' },
    { ...ANSWER, host: 'db1.example.org', port: 65_535 },
  ])('[CG8] is read as it was written: %j', (answer) => {
    expect(answerIn(encodeAnswer(answer))).toEqual(answer);
    const { nonce, cluster } = answer;
    expect(questionIn(encodeQuestion({ nonce, cluster }))).toEqual({ nonce, cluster });
  });

  it('[CG8] no answer is larger than its question, whatever the names are', () => {
    const cluster = 'a'.repeat(64);
    const longest = encodeAnswer({ ...ANSWER, cluster, host: 'a'.repeat(253), port: 65_535 });
    expect(longest.length).toBeLessThanOrEqual(DATAGRAM_BYTES_MAX);
    expect(encodeQuestion({ ...QUESTION, cluster })).toHaveLength(DATAGRAM_BYTES_MAX);
    expect(encodeQuestion({ ...QUESTION, cluster: '' })).toHaveLength(DATAGRAM_BYTES_MAX);
  });

  const said = (fields: object) => Buffer.from(JSON.stringify(fields));
  const asked = (fields: object) => Buffer.from(JSON.stringify(fields).padEnd(DATAGRAM_BYTES_MAX));
  const question = { raftchart: 'question', version: 1, ...QUESTION };
  const answer = { raftchart: 'answer', version: 1, ...ANSWER };

  it.each([
    ['shorter than an answer may be', said(question)],
    ['longer', Buffer.concat([asked(question), Buffer.from(' ')])],
    ['no JSON', Buffer.alloc(DATAGRAM_BYTES_MAX, '{')],
    ['no object', Buffer.from('null'.padEnd(DATAGRAM_BYTES_MAX))],
    ['an answer', asked(answer)],
    ['of another version', asked({ ...question, version: 2 })],
    ['with no nonce', asked({ ...question, nonce: 7 })],
    ['with a nonce of another form', asked({ ...question, nonce: 'x'.repeat(32) })],
    ['for a cluster with no name', asked({ ...question, cluster: null })],
    ['for a cluster of a name that none has', asked({ ...question, cluster: 'a b' })],
  ])('[CG8] no question: %s', (_, bytes) => {
    expect(questionIn(asked(question))).toEqual(QUESTION);
    expect(questionIn(bytes)).toBeNull();
  });

  it.each([
    ['longer than any', Buffer.concat([encodeAnswer(ANSWER), Buffer.alloc(512, ' ')])],
    ['a question', encodeQuestion(QUESTION)],
    ['of another version', said({ ...answer, version: '1' })],
    ['with no port', said({ ...answer, port: '4100' })],
    ['at port 0', said({ ...answer, port: 0 })],
    ['at a port that there is not', said({ ...answer, port: 65_536 })],
    ['at a part of a port', said({ ...answer, port: 1.5 })],
    ['without a host', said({ ...answer, host: undefined })],
    ['with an empty host', said({ ...answer, host: '' })],
    ['with a host that is more than one', said({ ...answer, host: 'user@a/b?c' })],
    ['with a list of hosts', said({ ...answer, host: ['a'] })],
  ])('[CG8] no answer: %s', (_, bytes) => {
    expect(answerIn(said(answer))).toEqual(ANSWER);
    expect(answerIn(bytes)).toBeNull();
  });
});

interface Heard {
  readonly answer: Partial<Answer>;
  readonly from: string;
}

/** Whoever is asked answers at once. */
function discovery(answers: () => readonly Heard[]) {
  const asked: Uint8Array[] = [];
  const clock = { now: 0 };
  const found = new MulticastDiscovery(GROUP, 'http', {
    now: () => clock.now,
    ask: async (_, bytes, hear) => {
      asked.push(bytes);
      const { cluster = '', nonce = '' } = questionIn(bytes) ?? {};
      for (const { answer, from } of answers()) {
        hear(encodeAnswer({ nonce, cluster, host: null, port: 4100, ...answer }), from);
      }
    },
  });
  return { asked, clock, urls: () => found.urls() };
}

describe('who asks', () => {
  it('[CG7] takes the host that is told, or from where it was told, and begins with another each time', async () => {
    const { urls } = discovery(() => [
      { answer: {}, from: '10.0.0.1' },
      { answer: { host: 'db2.test', port: 7 }, from: '10.0.0.2' },
      { answer: {}, from: '10.0.0.1' },
    ]);
    const [one, two] = ['http://10.0.0.1:4100', 'http://db2.test:7'];
    expect([await urls(), await urls(), await urls()]).toEqual([
      [one, two],
      [two, one],
      [one, two],
    ]);
  });

  it('[CG8] hears only answers to its own question, for its own cluster', async () => {
    const from = '10.0.0.1';
    const { urls } = discovery(() => [
      { answer: { nonce: QUESTION.nonce }, from },
      { answer: { cluster: 'others' }, from },
    ]);
    await expect(urls()).rejects.toMatchObject({
      code: 'RAFT_UNREACHABLE',
      message: 'No member is found by multicast at 239.1.2.3:1: nobody answers.',
    });
  });

  it('[CG8] asks no more than once a second, each time by another nonce, and forgets who has gone', async () => {
    const answers: Heard[] = [{ answer: {}, from: '10.0.0.1' }];
    const { asked, clock, urls } = discovery(() => answers.splice(0));
    await Promise.all([urls(), urls()]);
    clock.now = DISCOVERY_PAUSE_MS - 1;
    await urls();
    expect(asked).toHaveLength(1);
    clock.now = DISCOVERY_HEARD_MS;
    expect(await urls()).toEqual(['http://10.0.0.1:4100']);
    clock.now += DISCOVERY_PAUSE_MS;
    await expect(urls()).rejects.toThrow('nobody answers');
    expect(new Set(asked.map((bytes) => questionIn(bytes)?.nonce)).size).toBe(3);
  });

  it('[CG8] remembers so many places, and no more', async () => {
    const many = Array.from({ length: DISCOVERY_PLACES_MAX + 9 }, (_, at) => ({
      answer: { port: 1 + at },
      from: '10.0.0.1',
    }));
    expect(await discovery(() => many).urls()).toHaveLength(DISCOVERY_PLACES_MAX);
  });
});

it('[CG8] so many questions are answered in a second, and then those of the next', () => {
  let now = 0;
  const allowance = new AnswerAllowance(() => now);
  const taken = () => Array.from({ length: 1_000 }, () => allowance.take()).filter(Boolean).length;
  expect(taken()).toBe(DISCOVERY_ANSWERS_PER_SECOND_MAX);
  now = 999;
  expect(taken()).toBe(0);
  now = 1_000;
  expect(taken()).toBe(DISCOVERY_ANSWERS_PER_SECOND_MAX);
});

it('[CG7] asks and answers by the network of --listen, and as the system has it for all of them', () => {
  const hosts = ['10.0.0.1', '127.0.0.1', '0.0.0.0', '::', '::1', 'db1.example.org'];
  expect(hosts.map((host) => interfaceOf({ host, port: 1 }))).toEqual([
    '10.0.0.1',
    '127.0.0.1',
    null,
    null,
    null,
    null,
  ]);
});

describe('the options', () => {
  const line = ['serve', '--id', 'n1', '--data-dir', 'd', '--discover-multicast'];

  it.each([
    [['--join', 'http://a:1'], '--join and --discover-multicast both say where members are'],
    [['--discover-srv', 'a.test'], '--discover-srv and --discover-multicast both say'],
    [['--bootstrap-expect', '2', '--peers', 'n1=a:1,n2=b:1'], '--peers founds a cluster'],
    [['--listen', '127.0.0.1:0'], 'give --listen a port'],
    [['--token-file', 'token'], 'needs --cacert'],
    [['--token-file', 'token', '--peers', 'n1=a:1'], 'needs --cacert'],
    [['--token-file', 'token', '--bootstrap-expect', '3'], 'needs --cacert'],
    [['--multicast-group', '224.0.0.251:5353'], 'must be GROUP:PORT with a group of 239.0.0.0/8'],
    [['--multicast-group', '239.1.2.3'], 'must be GROUP:PORT'],
    [['--multicast-group', '239.1.2.3.example.org:1'], 'must be GROUP:PORT'],
  ])('[CG7] %j is refused before anything is touched', async (more, told) => {
    const { errors, exitCode } = await runFake([...line, ...more]);
    expect([exitCode, errors]).toEqual([64, expect.stringContaining(told)]);
  });

  it('[CG7] who founds by name asks nobody, and so may have a token without an authority', async () => {
    const path = join(scratch(), 'node.yaml');
    await writeFile(path, 'id: n1\ndata-dir: d\ndiscover-multicast: true\ntoken-file: token\n');
    const check = (...more: readonly string[]) => runFake(['check-config', path, ...more]);
    expect(await check('--peers', 'n1=a:1,n2=b:1')).toMatchObject({ exitCode: 0, errors: '' });
    expect(await check('--cacert', 'authority.pem')).toMatchObject({ exitCode: 0, errors: '' });
    expect((await check()).errors).toContain('needs --cacert');
  });
});
