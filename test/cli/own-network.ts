/** A network of its own, in which processes of a test send what must not leave the machine: a namespace with loopback alone. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cleanUp } from '../clean-up.ts';

const APART = ['--user', '--map-root-user', '--net'] as const;

/** Why there can be none here; `null`: there can. */
export function whyNoNetwork(): string | null {
  const { error, stderr } = spawnSync('unshare', [...APART, 'ip', 'link', 'set', 'lo', 'up']);
  const why = error === undefined ? String(stderr).trim() : error.message;
  return why === '' ? null : why;
}

/** A wrapper that runs a command there. Its loopback has these addresses, too, and all multicast goes by it. */
export async function ownNetwork(addresses: readonly string[]): Promise<readonly string[]> {
  const lines = [
    'ip link set lo up multicast on',
    ...addresses.map((address) => `ip address add ${address}/32 dev lo`),
    'ip route add 239.0.0.0/8 dev lo',
    'echo ready',
    // Until its input ends, as it does with this process.
    'exec cat',
  ];
  const script = lines.join(' && ');
  const holder = spawn('unshare', [...APART, 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  cleanUp(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const target = ['--target', String(holder.pid), '--user', '--net'];
  return ['nsenter', ...target, '--preserve-credentials', '--'];
}
