/** Peers over TLS: certificates on both ends, each of which names its member. */
import { describe, expect, it } from 'vitest';
import { dial, Recorder } from '../../src/testing/contracts/recorder.ts';
import {
  appendOf,
  helloOf,
  KIB,
  LIMITS,
  runOf,
} from '../../src/testing/contracts/sample-messages.ts';
import type { PeerTls } from '../../src/transport/tls-peer.ts';
import { webSocketTransport } from '../../src/transport/ws-transport.ts';
import { tlsFiles } from '../../src/wire/tls-files.ts';
import {
  certificate,
  FOREIGN,
  hours,
  inFiles,
  type Material,
  memberCertificate,
} from '../certificates.ts';
import { closing } from '../clean-up.ts';
import { eventually } from '../server/eventually.ts';
import { receive } from './reception.ts';

type Tls = Parameters<typeof webSocketTransport>[0]['tls'];

function transport(listen: string | null, tls?: Tls) {
  return closing(webSocketTransport({ listen, limits: LIMITS, ...(tls && { tls }) }));
}

const listening = (tls?: Tls) => receive(transport('127.0.0.1:0', tls));

/** `a` calls `b`; how it ends for both. */
async function called(
  own: Tls,
  { address, accepted }: Awaited<ReturnType<typeof listening>>,
): Promise<{ readonly caller: string; readonly heard: readonly string[] }> {
  const caller = dial(transport(null, own), address);
  await caller.until(() => caller.heard.length === 1);
  if (caller.heard[0]?.type === 'open') caller.connection?.sendHello(helloOf('a', 'b'));
  const { kind, text } = await caller.closed();
  await eventually(() => accepted.every(({ heard }) => heard.at(-1)?.type === 'close')).toBe(true);
  return { caller: `${kind}: ${text}`, heard: accepted.flatMap(({ heard }) => heard.map(wordsOf)) };
}

function wordsOf(heard: Recorder['heard'][number]): string {
  return heard.type === 'close' ? `${heard.reason.kind}: ${heard.reason.text}` : heard.type;
}

describe('members with certificates of one authority', () => {
  it('[TR17] [TL6] understand each other, whatever the host is called', async () => {
    const { address, accepted } = await listening(memberCertificate('b'));
    const dialler = dial(transport(null, memberCertificate('a')), address);
    await dialler.until(() => dialler.heard.length === 1);
    dialler.connection?.sendHello(helloOf('a', 'b'));
    const runs = [runOf({ firstIndex: 11, bytes: 20 * KIB })];
    dialler.connection?.send(appendOf(1, 11), runs);
    await accepted[0]?.until(() => accepted[0]?.messages().length === 1);
    expect(accepted[0]?.heard[0]).toEqual({ type: 'hello', hello: helloOf('a', 'b') });
    const sums = [accepted[0]?.runs() ?? [], runs].map((all) =>
      all.map(({ bytes }) => `${Buffer.from(bytes).toString('base64')}`),
    );
    expect(sums[0]).toEqual(sums[1]);
    accepted[0]?.connection?.sendHello(helloOf('b', 'a'));
    await dialler.until(() => dialler.heard.length === 2);
    expect(dialler.heard.map(wordsOf)).toEqual(['open', 'hello']);
  });

  it('[TL6] a caller that takes the name of another member is refused, at both ends in words', async () => {
    const reception = await listening(memberCertificate('b'));
    const thief = await called(memberCertificate('c'), reception);
    const words = 'the certificate shown is not that of a: ';
    expect(thief.caller).toContain(`refused: ${words}`);
    expect(thief.heard).toEqual([expect.stringContaining(`refused: ${words}`)]);
  });

  it('[TL6] a caller says nothing of itself to a member that is not the one it means', async () => {
    const reception = await listening(memberCertificate('c'));
    const { caller, heard } = await called(memberCertificate('a'), reception);
    const words = 'refused: the certificate shown is not that of b: ';
    expect(caller).toContain(words);
    expect(heard).toEqual([expect.stringContaining(words)]);
  });

  it('[TL6] an answer under the name of another member is refused', async () => {
    const { address, accepted } = await listening(memberCertificate('b'));
    const caller = dial(transport(null, memberCertificate('a')), address);
    await caller.until(() => caller.heard.length === 1);
    caller.connection?.sendHello(helloOf('a', 'b'));
    await accepted[0]?.until(() => accepted[0]?.heard.length === 1);
    accepted[0]?.connection?.sendHello(helloOf('c', 'a'));
    expect((await caller.closed()).text).toContain('not that of c');
    expect(caller.heard.map(({ type }) => type)).toEqual(['open', 'close']);
  });

  it('[TL6] only a whole name counts, and only as a URI', async () => {
    const reception = await listening(memberCertificate('b'));
    for (const altNames of [
      [],
      ['a'],
      ['raftchart://member/aa', 'raftchart://member/A', 'http://member/a'],
      ['http://x/, URI:raftchart://member/a'],
      ['raftchart://member/c", URI:raftchart://member/a'],
    ]) {
      const { caller } = await called(certificate({ altNames }), reception);
      expect(caller, `${altNames}`).toMatch(/^refused: the certificate shown is not that of a/);
    }
  });
});

describe('whoever has no certificate to be trusted', () => {
  it('[TR17] [TL6] is turned away before a word, and both ends say why', async () => {
    for (const [stranger, there, here] of [
      [undefined, 'does not speak TLS', '--peer-tls-cert'],
      [
        memberCertificate('a', { authority: FOREIGN }),
        'no authority that this member trusts',
        'broke off',
      ],
      [memberCertificate('a', { period: hours(-9, -1) }), 'has expired', 'broke off'],
      [memberCertificate('a', { period: hours(1, 9) }), 'not valid yet', 'broke off'],
    ] as const) {
      const { address, accepted } = await listening(memberCertificate('b'));
      const { kind, text } = await dial(transport(null, stranger), address).closed();
      expect([kind, text]).toEqual(['unreachable', expect.stringContaining(here)]);
      await eventually(() => accepted.length).toBe(1);
      expect(accepted[0]?.heard.map(wordsOf)).toEqual([expect.stringContaining(there)]);
      expect(accepted[0]?.heard[0]).toMatchObject({ reason: { kind: 'refused' } });
    }
  });

  it('[TR17] [TL6] is not spoken to: a member dials those of its authority only', async () => {
    const own = memberCertificate('a');
    for (const [listener, words] of [
      [undefined, 'does not speak TLS'],
      [memberCertificate('b', { authority: FOREIGN }), 'no authority that this member trusts'],
      [memberCertificate('b', { period: hours(-9, -1) }), 'has expired'],
    ] as const) {
      const { address } = await listening(listener);
      const { kind, text } = await dial(transport(null, own), address).closed();
      expect([kind, text]).toEqual(['unreachable', expect.stringContaining(words)]);
    }
  });

  it('[TR17] key material that cannot be read is refused when listening, in words', async () => {
    const broken = transport('127.0.0.1:0', { ...memberCertificate('b'), key: 'no key' });
    const refused = broken.listen(() => new Recorder());
    await expect(refused).rejects.toMatchObject({ code: 'RAFT_BAD_REQUEST' });
    const { kind } = await dial(broken, '127.0.0.1:1').closed();
    expect(kind).toBe('unreachable');
  });
});

it('[TL5] members take renewed files for the connections to come, on both ends', async () => {
  const sourceOf = (material: Material) => {
    const files = inFiles(material);
    const { ca, cert, key } = files;
    return { files, source: closing(tlsFiles({ ca, cert, key, lookIntervalMs: 2 ** 30 })) };
  };
  const [one, other] = [memberCertificate('a'), memberCertificate('b')].map(sourceOf);
  if (one === undefined || other === undefined) throw new Error('two members');
  const { address } = await listening(other.source);
  const caller = transport(null, one.source);
  const old: PeerTls = memberCertificate('a');
  const kindOf = async (by: typeof caller): Promise<string | undefined> => {
    const recorder = dial(by, address);
    await recorder.until(() => recorder.heard.length > 0);
    return recorder.heard[0]?.type;
  };
  expect(await kindOf(caller)).toBe('open');
  one.files.write({ ...memberCertificate('a', { authority: FOREIGN }), ca: FOREIGN.cert });
  other.files.write({ ...memberCertificate('b', { authority: FOREIGN }), ca: FOREIGN.cert });
  one.source.reload();
  other.source.reload();
  expect(await kindOf(caller)).toBe('open');
  expect(await kindOf(transport(null, old))).toBe('close');
});
