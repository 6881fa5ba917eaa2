/**
 * One attack in a process of its own, so that what it costs the attacker is not charged to the ordinary client:
 * `attacker.ts NAME TARGET prepare|work|attack`, the target as JSON. Prints one line; exits 1 if a door broke its promise.
 */
import type { Target } from './attack.ts';
import { ATTACKS } from './attacks.ts';

const [name, target, phase] = process.argv.slice(2);
const named = ATTACKS.find((each) => each.name === name);
if (named === undefined || target === undefined) throw new TypeError(`no attack ${name}`);
try {
  const against = JSON.parse(target) as Target;
  if (phase === 'prepare') await named.prepare?.(against);
  else if (phase === 'work') await named.work?.(against);
  else console.log(await named.attack(against));
  process.exit(0);
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
