/** Members found by DNS: their SRV records are looked up each time somebody is to be asked, since members come and go (CG6). */
import type { SrvRecord } from 'node:dns';
import { resolveSrv } from 'node:dns/promises';
import { RaftError } from '../../core/errors.ts';
import { inTurn } from './in-turn.ts';

interface SrvDiscovery {
  /** Of the records: `_raftchart._tcp.example.org`. */
  readonly name: string;
  readonly scheme: 'http' | 'https';
  readonly lookUp?: (name: string) => Promise<readonly SrvRecord[]>;
}

/**
 * Each call looks up where clients are served: the lowest priority first, as the records want it, but one place further each
 * time, since the first may be this very node. Rejects with a `RaftError` while there is none.
 */
export function srvDiscovery({
  name,
  scheme,
  lookUp = resolveSrv,
}: SrvDiscovery): () => Promise<readonly string[]> {
  const turned = inTurn<SrvRecord>();
  return async () => {
    const found = await lookUp(name).catch((error: Error) => {
      throw notFound(`${name} could not be looked up: ${error.message}.`);
    });
    // An empty target says that there is no such service (RFC 2782).
    const records = found.filter((record) => record.name !== '').sort(inOrder);
    if (records.length === 0) throw notFound(`${name} has no SRV records.`);
    return turned(records).map((record) => `${scheme}://${record.name}:${record.port}`);
  };
}

function inOrder(one: SrvRecord, other: SrvRecord): number {
  return one.priority - other.priority || other.weight - one.weight;
}

function notFound(text: string): RaftError {
  return new RaftError('RAFT_UNREACHABLE', `No member is found by DNS: ${text}`);
}
