import fc from 'fast-check';
import { DEFAULT_LIMITS, index } from 'raftchart';
import { bindCharts } from 'raftchart/machines';
import { clusterStep, memberFaults, raftMember, raftMembers, roleEvents } from 'raftchart/testing';
import { getShortestPaths } from 'xstate/graph';

// Whatever arrives late, twice or never, and whoever crashes: no property is broken after any step.
const led: boolean[] = [];
const steps = fc.commands([fc.nat(9_999).map(clusterStep)], { maxCommands: 100, size: 'max' });
const anySchedule = fc.asyncProperty(steps, async (schedule) => {
  const cluster = await raftMembers(3);
  await fc.asyncModelRun(() => ({ model: {}, real: cluster }), schedule);
  led.push(cluster.leaders.size > 0);
});
await fc.assert(anySchedule, { numRuns: 40 });
console.log(`${led.length} schedules, ${led.filter(Boolean).length} with a leader`);

// The shortest way into every situation of one member: neither where it ends nor its last step is at fault.
const { member } = await raftMember(['n2', 'n3']);
const { raft: chart } = bindCharts({ random: () => 0, limits: DEFAULT_LIMITS });
const viewOf = (state: ReturnType<typeof chart.getInitialSnapshot>) => {
  return {
    raft: state.context,
    state: null,
    leads: state.matches('leader'),
    lastApplied: index(0),
  };
};
const ways = getShortestPaths(chart, {
  input: member.state,
  events: ({ context }) => roleEvents(context),
  stopWhen: ({ context }) => context.term > 1 || context.log.lastIndex > 1 || context.round > 1,
  serializeState: ({ value, context }) => JSON.stringify([value, { ...context, preVoteRound: 0 }]),
});
for (const { state, steps } of ways) {
  const [fault] = memberFaults(viewOf(steps.at(-2)?.state ?? state), viewOf(state));
  if (fault !== undefined) throw new Error(fault.join(': '));
}
const places = new Set(ways.map(({ state }) => JSON.stringify(state.value)));
console.log(`${ways.length} situations in ${places.size} states`);
