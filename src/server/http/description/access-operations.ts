/** The routes of who may do what, as they are described (SV36). */
import { ACCESS_NAME_PATTERN, RIGHT_NAMES } from '../../../kv/commands/access-changes.ts';
import { JSON_ENCODINGS } from '../request/json-bytes.ts';
import { json, jsonBody, type Operation, optionalBody } from './operation.ts';
import { ENCODING, FRESHNESS, inPath, inQuery, OF_READ, TIMEOUT } from './parameters.ts';
import {
  BASE64,
  COUNTER,
  FLAG,
  listOf,
  order,
  record,
  type Schema,
  TEXT,
  wordOf,
} from './schema.ts';

const NAME: Schema = { type: 'string', pattern: ACCESS_NAME_PATTERN.source };
const RIGHTS = listOf(wordOf(RIGHT_NAMES));
const CHANGE = { accessRevision: COUNTER };
const NAMED = listOf(record({ name: TEXT, roles: listOf(TEXT) }));
const GRANT = record(
  { rights: RIGHTS },
  { prefix: { type: ['string', 'null'] }, prefixBase64: BASE64 },
);
const DONE = json(record(CHANGE), 'It is so, and this node knows it.');
const TOLD = json(record({ ...CHANGE, name: TEXT, token: TEXT }), 'The token, told this once.');

export const GET_ACCESS: Operation = {
  id: 'getAccess',
  summary: 'Who may do what.',
  tag: 'access',
  parameters: [ENCODING, ...FRESHNESS],
  answers: {
    200: json(
      record({
        isOn: FLAG,
        accessRevision: COUNTER,
        roles: listOf(record({ name: TEXT, grants: listOf(GRANT) })),
        tokens: NAMED,
        users: NAMED,
      }),
      'All but the tokens themselves.',
      OF_READ,
    ),
  },
};

export const ACCESS_ON: Operation = {
  id: 'accessOn',
  summary: 'From now on callers have to be known.',
  tag: 'access',
  parameters: [TIMEOUT],
  body: optionalBody(order({})),
  answers: {
    200: json(
      record({ ...CHANGE, isOn: FLAG, token: TEXT }),
      'The token root, which may do everything, told this once.',
    ),
  },
  refusals: [409, 413, 429],
};

export const ACCESS_OFF: Operation = {
  ...ACCESS_ON,
  id: 'accessOff',
  summary: 'From now on everybody may do everything; nothing is forgotten.',
  answers: { 200: json(record({ ...CHANGE, isOn: FLAG }), 'It is off.') },
};

export const GRANT_ROLE: Operation = {
  id: 'grantRole',
  summary: 'Gives a role these rights, and no others, to what begins with a prefix.',
  tag: 'access',
  parameters: [TIMEOUT],
  body: jsonBody(
    order({ role: NAME, prefix: TEXT, rights: RIGHTS }, { encoding: wordOf(JSON_ENCODINGS) }),
  ),
  answers: { 200: DONE },
  refusals: [409, 413, 429],
};

export const DELETE_ROLE: Operation = {
  id: 'deleteRole',
  summary: 'Takes a role from all who have it, or from the role its rights to one prefix.',
  tag: 'access',
  parameters: [
    inPath('name', NAME, 'The name of a role.'),
    inQuery('prefix', TEXT, 'Only its rights to this.'),
    ENCODING,
    TIMEOUT,
  ],
  answers: { 200: DONE },
  refusals: [404],
};

const CALLER = jsonBody(order({ name: NAME, roles: listOf(NAME) }));
const CALLER_NAME = inPath('name', NAME, 'The name of a token or a user.');

export const ADD_TOKEN: Operation = {
  id: 'addToken',
  summary: 'Makes a token with these roles.',
  tag: 'access',
  parameters: [TIMEOUT],
  body: CALLER,
  answers: { 200: TOLD },
  refusals: [404, 409, 413, 429],
};

export const ADD_USER: Operation = {
  ...ADD_TOKEN,
  id: 'addUser',
  summary: 'Gives these roles to whoever shows a certificate of that name.',
  answers: { 200: json(record({ ...CHANGE, name: TEXT }), 'It is known.') },
};

export const REMOVE_TOKEN: Operation = {
  id: 'removeToken',
  summary: 'A token is known no more.',
  tag: 'access',
  parameters: [CALLER_NAME, TIMEOUT],
  answers: { 200: DONE },
  refusals: [404, 409],
};

export const REMOVE_USER: Operation = {
  ...REMOVE_TOKEN,
  id: 'removeUser',
  summary: 'A user is known no more.',
};
