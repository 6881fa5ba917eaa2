/** The routes of members, of the lead, and of what is kept on disk, as they are described (SV36). */
import { NODE_ID_PATTERN } from '../../../core/types.ts';
import { json, jsonBody, type Operation, optionalBody } from './operation.ts';
import { FRESHNESS, inPath, OF_READ, TIMEOUT } from './parameters.ts';
import {
  COUNTER,
  COUNTER_OR_NULL,
  FLAG,
  listOf,
  order,
  perMember,
  record,
  refTo,
  type Schema,
  TEXT,
  TEXT_OR_NULL,
  wordOf,
} from './schema.ts';
import { LINK_STATE } from './words.ts';

const ID: Schema = { type: 'string', pattern: NODE_ID_PATTERN.source };
const MEMBER = inPath('id', ID, 'The name of a member.');
const VOTING = { voters: listOf(TEXT), learners: listOf(TEXT), joint: FLAG };
const CHANGED = json(
  record({ members: record(VOTING) }),
  'It is committed; joint: not wholly yet.',
);

/** Named parts of answers. */
export const CLUSTER_SCHEMAS: Readonly<Record<string, Schema>> = {
  Members: record({ ...VOTING, addresses: perMember(TEXT) }),
};

export const GET_MEMBERS: Operation = {
  id: 'getMembers',
  summary: 'Who takes part, as this node sees it, and, at the leader, how far each has come.',
  tag: 'cluster',
  answers: {
    200: json(
      record(
        {
          leader: TEXT_OR_NULL,
          members: refTo('Members'),
          progress: listOf(
            record({
              id: TEXT,
              role: wordOf(['voter', 'learner']),
              address: TEXT_OR_NULL,
              clientUrl: TEXT_OR_NULL,
              link: { anyOf: [LINK_STATE, { type: 'null' }] },
              matchIndex: COUNTER_OR_NULL,
              lag: COUNTER_OR_NULL,
            }),
          ),
        },
        { leaderUrl: TEXT },
      ),
      'The members.',
    ),
  },
};

const ONE: Schema = order({ id: ID, peerAddress: TEXT }, { promote: FLAG });
const ANY: Schema = order({}, { add: perMember(TEXT), promote: listOf(ID), remove: listOf(ID) });

export const POST_MEMBERS: Operation = {
  id: 'changeMembers',
  summary: 'Adds a member, or any number of changes in one step.',
  tag: 'cluster',
  parameters: [TIMEOUT],
  body: jsonBody({ oneOf: [ONE, ANY] }),
  answers: { 200: CHANGED },
  refusals: [404, 409, 413],
};

export const PROMOTE_MEMBER: Operation = {
  id: 'promoteMember',
  summary: 'A learner votes once it has caught up.',
  tag: 'cluster',
  parameters: [MEMBER, TIMEOUT],
  body: optionalBody(order({})),
  answers: { 200: CHANGED },
  refusals: [404, 409, 413],
};

export const DELETE_MEMBER: Operation = {
  id: 'removeMember',
  summary: 'Removes a member for good.',
  tag: 'cluster',
  parameters: [MEMBER, TIMEOUT],
  answers: { 200: CHANGED },
  refusals: [404, 409],
};

export const POST_TRANSFER: Operation = {
  id: 'transfer',
  summary: 'Moves the lead to the member named, or to the fittest.',
  tag: 'cluster',
  parameters: [TIMEOUT],
  body: optionalBody(order({}, { to: ID })),
  answers: { 200: json(record({ leader: TEXT }), 'It leads.') },
  refusals: [409, 413],
};

export const POST_SNAPSHOT: Operation = {
  id: 'snapshot',
  summary: 'Writes the state of this node to its disk.',
  tag: 'cluster',
  parameters: [TIMEOUT],
  body: optionalBody(order({})),
  answers: { 200: json(record({ index: COUNTER, bytes: COUNTER }), 'It is on the disk.') },
  refusals: [413],
};

export const GET_BACKUP: Operation = {
  id: 'backup',
  summary: 'The state of this node at one revision, as a stream of records.',
  tag: 'cluster',
  parameters: FRESHNESS,
  answers: {
    200: {
      type: 'application/octet-stream',
      schema: { type: 'string', contentMediaType: 'application/octet-stream' },
      description: 'As raftchart backup keeps it; verify it before you trust it.',
      headers: OF_READ,
    },
  },
};
