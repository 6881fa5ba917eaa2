/** Peers over TLS, with certificates on both ends when an authority is named. */
import { describe, expect, it } from 'vitest';
import { dial, Recorder } from '../../src/testing/contracts/recorder.ts';
import {
  appendOf,
  helloOf,
  KIB,
  LIMITS,
  runOf,
} from '../../src/testing/contracts/sample-messages.ts';
import { type PeerTls, webSocketTransport } from '../../src/transport/ws-transport.ts';
import { closing } from '../clean-up.ts';
import { type Certificate, isOpensslPresent, makeCertificate } from './certificates.ts';
import { receive } from './reception.ts';

const isPresent = isOpensslPresent();
const reason = isPresent ? '' : ' (skipped: the openssl command is not installed)';

// Skipped, and says so, only where the openssl command that makes the certificates is missing.
describe.skipIf(!isPresent)(`a transport over TLS${reason}`, () => {
  let made: readonly [Certificate, Certificate] | null = null;

  function certificates(): readonly [ours: Certificate, foreign: Certificate] {
    made ??= [makeCertificate(), makeCertificate()];
    return made;
  }

  function transport(listen: string | null, tls?: PeerTls) {
    return closing(webSocketTransport({ listen, limits: LIMITS, ...(tls && { tls }) }));
  }

  const listening = (tls?: PeerTls) => receive(transport('127.0.0.1:0', tls));

  it('[TR17] members with certificates of one authority understand each other', async () => {
    const [ours] = certificates();
    const { address, accepted } = await listening(ours);
    const dialler = dial(transport(null, ours), address);
    await dialler.until(() => dialler.heard.length === 1);
    dialler.connection?.sendHello(helloOf('a', 'b'));
    const runs = [runOf({ firstIndex: 11, bytes: 200 * KIB })];
    dialler.connection?.send(appendOf(1, 11), runs);
    await accepted[0]?.until(() => accepted[0]?.messages().length === 1);
    expect(accepted[0]?.heard[0]).toEqual({ type: 'hello', hello: helloOf('a', 'b') });
    expect(accepted[0]?.runs().map(({ bytes }) => Buffer.from(bytes))).toEqual(
      runs.map(({ bytes }) => Buffer.from(bytes)),
    );
  });

  it('[TR17] whoever shows no certificate, or one of another authority, is turned away', async () => {
    const [ours, foreign] = certificates();
    const { address, accepted } = await listening(ours);
    const strangers: readonly (PeerTls | undefined)[] = [
      undefined,
      { ...foreign, ca: ours.ca },
      foreign,
    ];
    for (const stranger of strangers) {
      const { kind, text } = await dial(transport(null, stranger), address).closed();
      expect(kind, text).toBe('unreachable');
    }
    expect(accepted).toEqual([]);
  });

  it('[TR17] a member does not speak to a server that it cannot trust', async () => {
    const [ours, foreign] = certificates();
    const plain = await listening();
    expect((await dial(transport(null, ours), plain.address).closed()).kind).toBe('unreachable');
    const { key, cert } = foreign;
    const strange = await listening({ key, cert });
    expect((await dial(transport(null, ours), strange.address).closed()).kind).toBe('unreachable');
    expect([...plain.accepted, ...strange.accepted]).toEqual([]);
  });

  it('[TR17] key material that cannot be read is refused when listening, in words', async () => {
    const [ours] = certificates();
    const broken = transport('127.0.0.1:0', { ...ours, key: 'no key' });
    const refused = broken.listen(() => new Recorder());
    await expect(refused).rejects.toMatchObject({ code: 'RAFT_BAD_REQUEST' });
    const { kind } = await dial(broken, '127.0.0.1:1').closed();
    expect(kind).toBe('unreachable');
  });
});
