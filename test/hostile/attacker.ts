/**
 * One attack in a process of its own, so that what it costs the attacker is not charged to the ordinary client:
 * `attacker.ts NAME TARGET`, the target as JSON. Prints one line; exits 1 if a door broke its promise.
 */
import type { Target } from './attack.ts';
import { ATTACKS } from './attacks.ts';

const [name, target] = process.argv.slice(2);
const named = ATTACKS.find((each) => each.name === name);
if (named === undefined || target === undefined) throw new TypeError(`no attack ${name}`);
try {
  console.log(await named.attack(JSON.parse(target) as Target));
  process.exit(0);
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
