/** The examples of `docs/HTTP.md`, run in their order against a fresh demo: what stands below a command is what it answers. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { startCli } from '../cli/cli-process.ts';
import { scratch } from '../cli/scratch.ts';
import { freeBasePort } from '../free-ports.ts';

interface Example {
  readonly command: string;
  /** Lines, in any order; `…` stands for what differs each time. */
  readonly answer: readonly string[];
}

/** Of the page, with its ports moved behind `base`. */
async function examples(base: number): Promise<readonly Example[]> {
  const page = await readFile(new URL('../../docs/HTTP.md', import.meta.url), 'utf8');
  const blocks = page.matchAll(/```(?:console|sh)\n([\s\S]*?)```/g);
  const moved = (port: string): string => `:${base + Number(port) - 4100}`;
  return [...blocks].flatMap(([, block = '']) =>
    `\n${block.replace(/:(4[12]\d\d)/g, (_, port) => moved(port))}`
      .split(/\n\$ |\n(?=npx )/)
      .slice(1)
      .map(exampleIn),
  );
}

/** A command goes on for as long as a quotation is open. */
function exampleIn(text: string): Example {
  const lines = text.split('\n');
  const isOpen = (count: number): boolean =>
    lines.slice(0, count).join('').split("'").length % 2 === 0;
  let count = 1;
  while (isOpen(count)) count += 1;
  const answer = lines.slice(count).filter((line) => line !== '' && line !== '…');
  return { command: lines.slice(0, count).join('\n'), answer };
}

/** Elections and what the log has besides make numbers of the log differ. */
function pattern(line: string): RegExp {
  const source = line
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('…', '.*')
    .replace(/("(?:\w+Index|index|bytes|lag)":)\d+/g, '$1\\d+')
    .replace(/(log-id: )\d+-\d+/, '$1\\d+-\\d+');
  return new RegExp(`^${source}\\r?$`, 'm');
}

/** Of the demo: the page shows no election, which a busy machine can bring on. */
const PATIENT = { RAFTCHART_ELECTION_TIMEOUT_MS: '2000-4000' };

/** All that was said until the answer was whole, or the command ended. */
function said(command: string, environment: NodeJS.ProcessEnv, answer: readonly RegExp[]) {
  return new Promise<string>((resolve) => {
    const child = spawn('bash', ['-c', command], { env: { ...process.env, ...environment } });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      if (answer.length > 0 && answer.every((line) => line.test(output))) child.kill();
    });
    child.on('close', () => resolve(output));
  });
}

it('[SC31] every example of docs/HTTP.md answers as it says', async () => {
  const directory = scratch();
  const base = await freeBasePort(12);
  const place = ['--base-port', `${base}`, '--data-dir', `${directory}/demo`];
  const demo = startCli(['demo', ...place], { environment: PATIENT });
  await demo.until((output) => output.includes('ready: '));
  const environment: Record<string, string> = {};
  const all = await examples(base);
  expect(all.length).toBeGreaterThan(30);
  for (const { command, answer } of all) {
    const [, name] = /^(\w+)=/.exec(command) ?? [];
    if (command.startsWith('npx raftchart ')) {
      startCli(command.replace('./', `${directory}/`).trim().split(' ').slice(2));
    } else if (name === undefined) {
      const lines = answer.map(pattern);
      const output = await said(command, environment, lines);
      for (const line of lines) expect(output, command).toMatch(line);
    } else {
      environment[name] = await said(`${command}; printf %s "$${name}"`, environment, []);
    }
  }
  demo.kill('SIGINT');
  await demo.ended;
});
