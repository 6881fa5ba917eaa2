/** `recover`: on a stopped node, after a quorum is lost for good (RC1–RC4). `--dry-run` only looks. */
import { resolve } from 'node:path';
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';
import { nodeAccess } from '../../storage/disk-log-store.ts';
import { type Copied, recoverDirectory } from '../../storage/recovery/recover-directory.ts';
import { type Survey, surveyDirectory } from '../../storage/recovery/survey.ts';
import { writeJson } from '../asking/client-session.ts';
import { type CliContext, command } from '../command.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { PROGRESS_PAUSE_MS } from '../limits.ts';
import { textTable } from '../words/text-table.ts';
import { noNodeThere } from './no-node-there.ts';

export const recoverCommand = command({
  name: 'recover',
  usage: '--data-dir DIR [--dry-run]',
  summary:
    'After a majority of the members is lost for good: make the one survivor that holds the most a cluster of its own. Run it on stopped nodes, with --dry-run on each first. What the others held and it did not is lost.',
  options: ['data-dir', 'dry-run', 'output'],
  required: ['data-dir'],
  run: async ({ values }, context) => {
    context.keepPrivate();
    const directory = resolve(values['data-dir']);
    const access = nodeAccess({ directory });
    const isJson = values.output === 'json';
    await requireNode(directory, values['dry-run']);
    if (values['dry-run']) {
      const survey = await surveyDirectory(access);
      const forced = survey.last.index - survey.commitIndex;
      if (isJson) writeJson(context, { ...survey, forced });
      else await describe(context, survey, forced);
      return EXIT.clean;
    }
    const progress = isJson ? undefined : nowAndThen(context);
    const { survey, keptAs } = await recoverDirectory(access, progress);
    if (isJson) writeJson(context, { ...survey, keptAs });
    else context.write(whatNext(survey, values['data-dir'], keptAs));
    return EXIT.clean;
  },
});

/** What is no node's, and what the system does not let us read, is refused as what it is. */
async function requireNode(directory: string, isLook: boolean): Promise<void> {
  const why = await noNodeThere(directory, isLook).catch(
    (error) => `${directory} cannot be read: ${textOf(error)}.`,
  );
  if (why !== null) throw new RaftError('RAFT_LOG_REFUSED', `${why} Nothing was changed.`);
}

/** A large directory takes minutes: says how far it is, now and then. */
function nowAndThen({ writeError }: CliContext): (part: Copied) => void {
  let saidMs = performance.now();
  return ({ what, done, of }) => {
    const now = performance.now();
    if (now - saidMs < PROGRESS_PAUSE_MS) return;
    saidMs = now;
    writeError(`copied ${done} of ${of} ${what}\n`);
  };
}

async function describe(context: CliContext, survey: Survey, forced: number): Promise<void> {
  const { clusterId, nodeId, term, last, commitIndex, snapshotIndex, members } = survey;
  context.write(
    await textTable(
      ['WHAT', 'VALUE'],
      [
        ['node', nodeId],
        ['cluster', clusterId],
        ['members', members.join(', ')],
        ['term', `${term}`],
        ['log ends at', `index ${last.index}, written in term ${last.term}`],
        ['known to be committed', `through index ${commitIndex}`],
        ['snapshot', snapshotIndex === null ? 'none' : `through index ${snapshotIndex}`],
      ],
    ),
  );
  const others = members.filter((id) => id !== nodeId);
  const isMember = members.includes(nodeId);
  if (!isMember)
    context.write(`\n${nodeId} was removed, or never added: others hold more than it.\n`);
  context.write(`
Nothing was changed. A recovery of this node would
- keep all ${last.index} entries, and count as committed ${forced} of which it is not known that they are;
- lose for good what is only on the others: ${others.join(', ') || 'none'};
- found a new cluster with this node as its only member, which refuses the others if they come back.
Recover one survivor only: of all, the one whose log ends in the highest term, and among those at the highest index.
`);
}

function whatNext({ clusterId, nodeId }: Survey, directory: string, keptAs: string): string {
  return `${nodeId} is the only member of the new cluster ${clusterId}. What there was before is kept as ${keptAs}.
Start it:     raftchart serve --id ${nodeId} --data-dir ${directory} --listen HOST:PORT --peer-listen HOST:PORT
Add others:   raftchart serve --id NEW_NAME --data-dir NEW_DIR --listen HOST:PORT --peer-listen HOST:PORT --join http://HOST:PORT
The names of the others are not used again, nor are their directories.
`;
}
