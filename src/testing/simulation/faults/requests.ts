/**
 * What people ask of a member while things go wrong: that others be members, that another lead. A request for another leader
 * ends by its deadline, once, and what is said of it is true (L11).
 */
import type { NodeId } from '../../../core/types.ts';
import type { TransferOutcome } from '../../../ports/replica.ts';
import type { Fault } from '../plan/plan-faults.ts';
import type { SimulatedMember } from '../world/member.ts';
import { addressOf } from '../world/member.ts';
import type { World } from '../world/world.ts';

/** How long whoever asks for a change of members waits, in simulated milliseconds. */
const CHANGE_TIMEOUT_MS = 15_000;
/** Beyond the deadline: deadlines are looked at in sweeps. In milliseconds. */
const SLACK_MS = 250;

export function changeMembers(world: World, fault: Fault<'change'>): void {
  const { node: asked, add, promote, remove } = fault;
  const { node, process, state } = world.member(asked);
  if (node === null || process === null || state !== 'up') return;
  const addresses = Object.fromEntries(add.map((id) => [id, addressOf(id)]));
  const change = { add: addresses, promote, remove };
  process.run('input', () => {
    node.changeMembers(change, { timeoutMs: CHANGE_TIMEOUT_MS }, (outcome) => {
      const { type } = outcome;
      const why = type === 'failed' ? `: ${outcome.error.code} ${outcome.error.message}` : '';
      world.note(asked, `hears that a change of members has ${type}${why}`);
      if (type === 'changed') world.sometimes.note('a change of members is done');
    });
  });
}

/** `told`: whoever leads by then; `null`: it was refused, or in vain. */
export function transferLeadership(
  world: World,
  { node: asked, to }: Pick<Fault<'transfer'>, 'node' | 'to'>,
  told: (leader: NodeId | null) => void = () => {},
): void {
  const member = world.member(asked);
  const { node, process, state, isForeign } = member;
  if (node === null || process === null || state !== 'up' || isForeign) return told(null);
  const { timeoutMs } = world.plan.workload;
  const fromTerm = node.status().term;
  let answers = 0;
  process.run('input', () => {
    node.transferLeadership(to, { timeoutMs }, (outcome) => {
      answers += 1;
      noteOutcome(world, member, outcome);
      if (outcome.type === 'failed') return told(null);
      const claim = { asked, to, leader: outcome.leader, fromTerm };
      // Whoever has just been elected is looked at when this step is over.
      world.clock.setTimeout(() => requireTrue(world, claim), 0);
      told(outcome.leader);
    });
  });
  const rate = world.plan.drifts[asked]?.rate ?? 1;
  const patienceMs = timeoutMs / Math.min(1, rate) + SLACK_MS;
  world.clock.setTimeout(() => {
    const wasStopped = !process.isAlive || process.wasFrozenSince(world.now - patienceMs);
    if (answers === 1 || (wasStopped && answers === 0)) return;
    const text = `a request for another leader at ${asked} is answered ${answers} times`;
    world.report('L11', `${text} in ${patienceMs} ms`);
  }, patienceMs);
}

interface Claim {
  readonly asked: NodeId;
  readonly to: NodeId | null;
  readonly leader: NodeId;
  /** That the member was in when it was asked. */
  readonly fromTerm: number;
}

function requireTrue({ history, report }: World, { asked, to, leader, fromTerm }: Claim): void {
  const isOther = to !== null && leader !== to;
  if (!isOther && history.hasLed(leader, fromTerm)) return;
  const target = to ?? 'another';
  report(
    'L11',
    `${asked} says that ${leader} leads, of ${target}, and it has not since ${fromTerm}`,
  );
}

function noteOutcome(world: World, { id }: SimulatedMember, outcome: TransferOutcome): void {
  if (outcome.type === 'moved') {
    world.note(id, `hears that ${outcome.leader} leads, as was asked for`);
    world.sometimes.note('leadership moves as was asked for');
    return;
  }
  const { code, message } = outcome.error;
  world.note(id, `hears that leadership stays: ${code} ${message}`);
  if (code !== 'RAFT_TRANSFER_REFUSED') return;
  const isInVain = message.includes('did not take over');
  world.sometimes.note(isInVain ? 'a transfer is in vain' : 'a transfer is refused');
}
