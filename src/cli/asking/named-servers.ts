/** Whom a command asks: servers that it was given, or those that DNS names for it (CG10). */
import { lookUpSrv, type SrvService } from '../../wire/srv-lookup.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { OPTIONS, type OptionValues } from '../options/option-table.ts';

export const PLACE_OPTIONS = ['endpoints', 'discover-srv'] as const;

interface Places extends Pick<OptionValues, 'cacert' | 'cert' | 'endpoints'> {
  readonly 'discover-srv'?: string | null;
}

/** Looked up anew with each call, where they are looked up. */
export async function serversOf(values: Places): Promise<readonly string[]> {
  const service = srvServiceOf(values);
  return service === null ? values.endpoints : lookUpSrv(service);
}

/** `null`: it was given its servers. Throws a `CliFailure` if it was given both. */
export function srvServiceOf(values: Places): SrvService | null {
  const { cacert, cert, 'discover-srv': name = null, endpoints } = values;
  if (name === null) return null;
  if (endpoints.join(',') !== OPTIONS.endpoints.default) {
    throw usageFailure(
      '--endpoints and --discover-srv both say where servers are: give one of the two.',
    );
  }
  return { name, scheme: cacert === null && cert === null ? 'http' : 'https' };
}
