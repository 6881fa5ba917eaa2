/** Members of a cluster to join, found by DNS (CG6). */
import { lookUpSrv, type SrvService } from '../../../wire/srv-lookup.ts';
import { inTurn } from './in-turn.ts';

/** Each call looks them up anew, and begins one place further, since the first may be this very node. */
export function srvDiscovery(service: SrvService): () => Promise<readonly string[]> {
  const turned = inTurn<string>();
  return async () => turned(await lookUpSrv(service));
}
