/**
 * What an onlooker of a demo may do to it, from afar: the server of the page carries it out. The key to it stands in the link,
 * behind `#`, and goes to no other server.
 */
import type { Fault } from '../../../src/cli/demo/page/demo-orders.ts';

export interface RemoteHand {
  /** Resolves with a sentence that says what became of it. */
  fault(node: string, fault: Fault): Promise<string>;
  write(node: string, key: string, value: string): Promise<string>;
}

/** `null`: the link has no key, so that the demo is only watched. */
export function remoteHand(hash: string): RemoteHand | null {
  const token = new URLSearchParams(hash.slice(1)).get('token');
  if (token === null) return null;
  const ask = (path: string, body: Readonly<Record<string, string>>): Promise<string> =>
    askDemo(path, body, token);
  return {
    fault: (node, fault) => ask('faults', { node, fault }),
    write: (node, key, value) => ask('writes', { node, key, value }),
  };
}

async function askDemo(
  path: string,
  body: Readonly<Record<string, string>>,
  token: string,
): Promise<string> {
  try {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'raftchart-token': token },
      body: JSON.stringify(body),
    });
    const { message } = await answer.json();
    return String(message);
  } catch {
    return 'The demo does not answer: it may have been ended in its terminal.';
  }
}
