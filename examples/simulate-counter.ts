import { defineMachine } from 'raftchart';
import {
  explainFailure,
  linearizable,
  machineModel,
  machineSubject,
  simulateSeed,
} from 'raftchart/testing';

const counter = defineMachine({
  initial: () => ({ count: 0 }),
  commands: { add: (state, by: number) => (state.count += by) },
  queries: { count: (state) => state.count },
});

const subject = machineSubject({
  machine: counter,
  draw: (random) =>
    random.chance(0.5)
      ? { type: 'query', name: 'count' }
      : { type: 'command', name: 'add', input: random.integer(1, 9) },
  judge: linearizable(machineModel(counter)),
});

for (let seed = 1; seed <= 10; seed += 1) {
  const { violation, operations, crashes } = await simulateSeed(seed, subject);
  if (violation !== null) throw new Error(await explainFailure(seed, subject));
  console.log(`seed ${seed}: ${operations} calls, ${crashes} crashes, every property holds`);
}
