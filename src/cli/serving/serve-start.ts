/**
 * The start of a node: it learns which cluster it belongs to, founds one or opens its disk, and serves. Why it could not start is a
 * `CliFailure`, whose exit code says whether another start can help (SV24, CL16).
 */
import { RaftError } from '../../core/errors.ts';
import { descriptorShares } from '../../library/descriptor-limits.ts';
import type { LogStore } from '../../ports/log-store.ts';
import { descriptorLimit } from '../../server/admission/descriptor-limit.ts';
import type { RunningServer, ServeOptions } from '../../server/serve.ts';
import { CliFailure } from '../failures/cli-failure.ts';
import { EXIT, exitCodeOf } from '../failures/exit-codes.ts';
import type { Bootstrap } from './bootstrap.ts';
import { type Asker, clusterToJoin } from './join-cluster.ts';
import { unfitness } from './serve-end.ts';
import { type Given, joinOf } from './serve-options.ts';

interface Start extends Asker {
  readonly values: Given['values'];
}

/** Of a node that joins: the cluster has to say which it is. */
export async function identified(
  options: ServeOptions,
  { values, ...asker }: Start,
): Promise<ServeOptions> {
  const joining = joinOf(values);
  const isFounding = values['bootstrap-expect'] !== null;
  if (joining === null || isFounding || options.clusterId !== null) return options;
  return { ...options, clusterId: await clusterToJoin(joining, asker).catch(unfit) };
}

/** CL32: no other start with the same line would be taken. */
function unfit(error: unknown): never {
  throw error instanceof RaftError ? unfitness(error) : error;
}

/** The disk lets wait more than it computes: the log is being opened while the server is loaded. */
export async function started(
  options: ServeOptions,
  founding: FoundingStart | null,
): Promise<RunningServer> {
  try {
    if (founding !== null) return await startedToFound(options, founding);
    const store = await openingStore(options);
    const { serve } = await import('../../server/serve.ts');
    return await serve({ ...options, ...(store !== null && { store }) });
  } catch (error) {
    if (!(error instanceof RaftError)) throw error;
    // An address that is taken: nothing is wrong with the command line itself.
    const exitCode = error.code === 'RAFT_CONFLICT' ? EXIT.unavailable : exitCodeOf(error);
    throw new CliFailure(exitCode, `${error.message} (${error.code})`, error.code);
  }
}

interface FoundingStart extends Asker {
  readonly bootstrap: Bootstrap;
}

async function startedToFound(
  options: ServeOptions,
  { bootstrap, ...asker }: FoundingStart,
): Promise<RunningServer> {
  const { foundCluster } = await import('./found-cluster.ts');
  const { serve } = await import('../../server/serve.ts');
  const belonging: ServeOptions['belonging'] = (port, clientUrl) =>
    foundCluster(bootstrap, { port, clientUrl, asker });
  return serve({ ...options, belonging });
}

/** `null`: too few files may be open for one, as the server will say. */
async function openingStore({ dataDir, id }: ServeOptions): Promise<LogStore | null> {
  const shares = descriptorShares(descriptorLimit());
  if (shares === null) return null;
  const { openingLogStore } = await import('../../storage/disk-log-store.ts');
  return openingLogStore({ directory: dataDir, openFilesMax: shares.disk }, { nodeId: id });
}
