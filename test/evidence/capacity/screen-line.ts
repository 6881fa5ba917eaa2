/** How far a case has come, in one line that is written over on a terminal; elsewhere nothing is said until the table. */
import { timeLeft } from '../screen.ts';

const SAID_EVERY_MS = 500;

type Progress = (done: number) => void;

/** Begins now: `done` of `total` is told from time to time, with how long the rest takes. */
export function progressOf(what: string, total: number): Progress {
  const left = timeLeft(total);
  let saidAt = performance.now();
  return (done) => {
    const isOver = done >= total;
    if (performance.now() - saidAt < SAID_EVERY_MS && !isOver) return;
    saidAt = performance.now();
    say(`${what}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')}; ${left(done)}`);
  };
}

export function say(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
}

/** Takes the line away. */
export function endLine(): void {
  say('');
}
