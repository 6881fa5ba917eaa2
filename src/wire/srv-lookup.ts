/** Members found by DNS: their SRV records are looked up each time somebody is to be asked, since members come and go (CG6, CG10). */
import { resolveSrv } from 'node:dns/promises';
import { RaftError } from '../core/errors.ts';

/** As DNS has it: a server, and in which order it is to be asked. */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export interface SrvService {
  /** Of the records: `_raftchart._tcp.example.org`. */
  readonly name: string;
  readonly scheme: 'http' | 'https';
  /** In the place of the resolver of this system. */
  readonly lookUp?: (name: string) => Promise<readonly SrvRecord[]>;
}

/**
 * Looks up where clients are served, the lowest priority first, as the records want it, then the highest weight. Rejects with
 * a `RaftError` while there is none.
 */
export async function lookUpSrv({
  name,
  scheme,
  lookUp = resolveSrv,
}: SrvService): Promise<readonly string[]> {
  const found = await asked(lookUp, name);
  // An empty target says that there is no such service (RFC 2782).
  const records = found.filter((record) => record.name !== '').sort(inOrder);
  if (records.length === 0) throw notFound(`${name} has no SRV records.`);
  return records.map((record) => `${scheme}://${record.name}:${record.port}`);
}

async function asked(
  lookUp: NonNullable<SrvService['lookUp']>,
  name: string,
): Promise<readonly SrvRecord[]> {
  try {
    return await lookUp(name);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw notFound(`${name} could not be looked up: ${why}.`);
  }
}

function inOrder(one: SrvRecord, other: SrvRecord): number {
  return one.priority - other.priority || other.weight - one.weight;
}

function notFound(text: string): RaftError {
  return new RaftError('RAFT_UNREACHABLE', `No member is found by DNS: ${text}`);
}
