/**
 * `npm run bench:profile`: where the processor time of a call goes, by stage, in the leader, in the followers and in the client, as
 * tables and as flame graphs. It judges nothing.
 */
import { loadavg } from 'node:os';
import { wholeNumber, wordsOf } from '../../../command-words.ts';
import { tableOf } from '../../screen.ts';
import { budgetTable, serviceWords } from './budget-table.ts';
import { ASKS, LOADS } from './load.ts';
import { profile } from './measure.ts';
import { writeProfile } from './profile-page.ts';

const USAGE = `npm run bench:profile -- [options]
Starts three processes of raftchart serve and one that asks them, all under V8's profiler, lets one, a hundred and a thousand
callers put 256 bytes, then get, and says how many microseconds of processor time each call takes, by stage.
  --seconds 10   how long each is measured; three more before, to warm up
  --write        also writes docs/BENCHMARKS.md ("Where the time goes") and visualizations/profile-*.svg; on a quiet machine
  --help         this text

How to read it
  stages      a sample belongs to the innermost function on its stack that is of a stage (stages.ts says which files are of which);
              samples say in which proportion, /proc how much it was: the stages of a column add up to the thread that runs JavaScript
  samples     what the samples alone would add up to, a millisecond each. More than /proc: threads waited for cores, and one that goes on
              is seen once more. Less: the kernel woke the thread and read its sockets, which V8 takes for idle; that has a line of its own
  threads     those without JavaScript, from /proc; they are told apart by the order in which they begin. The profiler's is left out
  ran/waited  of the time by the clock; whoever waits for a core is bound by the processors, whoever sleeps by disk, network or others`;
const { values } = wordsOf(USAGE, {
  options: {
    seconds: { type: 'string', default: '10' },
    write: { type: 'boolean', default: false },
  },
});
const seconds = wholeNumber('seconds', values.seconds);
const [load = 0] = loadavg();
const profiled = await profile(LOADS, seconds, ({ ask, callers }) =>
  console.error(`${ask} ×${callers} is measured`),
);
for (const ask of ASKS) {
  const rows = profiled.filter((each) => each.load.ask === ask);
  console.log(`\n${rows.map(serviceWords).join('\n')}\n\n${tableOf(budgetTable(rows))}`);
}
if (values.write) writeProfile(profiled, { seconds, load });
