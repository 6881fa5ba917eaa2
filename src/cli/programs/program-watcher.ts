/**
 * Ends a program whose command was killed (CO6): SIGKILL, as of a system without memory, leaves the command no time to do it, and the program
 * would run on while the next holder begins. A shell waits at the end of a pipe that the system closes with the command, and then does
 * what that would have done. It is another process, and not the wish of the kernel (`PR_SET_PDEATHSIG`), which reaches the program alone, not
 * what that has begun, and which Node cannot express. Where there is no such shell, nobody watches: the next holder then goes by its
 * fencing number, as everybody should.
 */
import { spawn } from 'node:child_process';
import { PROGRAM_GRACE_MS } from '../limits.ts';

const SHELL = '/bin/sh';

/** It is told whom it watches, and then that all has come to its end; if it is not told that, the pipe was closed. */
const SCRIPT = `
trap '' HUP INT TERM
read -r target || exit 0
read -r over && exit 0
kill -s TERM -- "$target" || exit 0
left=${Math.ceil(PROGRAM_GRACE_MS / 1000)}
while [ "$left" -gt 0 ] && kill -s 0 -- "$target"; do
  sleep 1
  left=$((left - 1))
done
kill -s KILL -- "$target"
`;

export interface ProgramWatcher {
  /** `target`: as `kill` has it, a process, or with a minus the group that it leads. */
  readonly watch: (target: number) => void;
  readonly end: () => void;
}

/**
 * Begun before the program, which is then watched from the moment in which `watch` was called, right after the system has begun it. A
 * command that is killed in between leaves it running.
 */
export function programWatcher(): ProgramWatcher {
  if (process.platform === 'win32') return { watch: () => {}, end: () => {} };
  // Of a session of its own: what ends the group of the command must not end who watches.
  const shell = spawn(SHELL, ['-c', SCRIPT, `raftchart-watches-${process.pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  shell.on('error', () => {});
  shell.unref();
  const { stdin } = shell;
  stdin.on('error', () => {});
  return {
    watch: (target) => stdin.write(`${target}\n`),
    end: () => stdin.end('over\n'),
  };
}
