/**
 * A second process for the tests. `try`: opens the directory and prints how that went. `write`: opens it and
 * writes one run after the other, printing each last index once it is acknowledged, until it is killed.
 */
import { writeSync } from 'node:fs';
import { RaftError } from '../../src/core/errors.ts';
import type { LogStore } from '../../src/ports/log-store.ts';
import { levelLogStore } from '../../src/storage/disk-log-store.ts';
import { append, hard, OWNER, run, write } from '../../src/testing/contracts/log-operations.ts';
import { payloadsAt } from './payloads.ts';

const STDOUT = 1;
const TERM_EVERY = 10;

const [mode = '', directory = ''] = process.argv.slice(2);
const store = levelLogStore({ directory });

if (mode === 'try') await tryToOpen(store);
else await writeForEver(store);

async function tryToOpen(opening: LogStore): Promise<void> {
  try {
    await opening.open(OWNER);
    await opening.close();
    say('opened');
  } catch (error) {
    say(error instanceof RaftError ? `${error.code} ${error.message}` : String(error));
  }
}

async function writeForEver(writing: LogStore): Promise<never> {
  const { log, hardState } = await writing.open(OWNER);
  let next = log.lastIndex + 1;
  let term = hardState.term + 1;
  await write(writing, [hard(term, 'n2')]);
  for (let count = 1; ; count += 1) {
    if (count % TERM_EVERY === 0) term += 1;
    const payloads = payloadsAt(next, 1 + (next % 5));
    await write(writing, [hard(term, 'n2'), append(run(term, next, payloads))]);
    next += payloads.length;
    say(`${next - 1} ${term}`);
  }
}

function say(line: string): void {
  writeSync(STDOUT, `${line}\n`);
}
