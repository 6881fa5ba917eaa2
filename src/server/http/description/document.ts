/**
 * The description of the HTTP API as OpenAPI 3.1 (SV36), made of the one table of routes: a path is written down nowhere else. What any
 * route may refuse follows from what it is; what a single one refuses stands in its operation.
 */
import { ERROR_CODES, RETRIES } from '../../../core/errors.ts';
import type { ActName } from '../../operations/audit.ts';
import { CLUSTER_SCHEMAS } from './cluster-operations.ts';
import { KEY_SCHEMAS } from './key-operations.ts';
import { NODE_SCHEMAS } from './node-operations.ts';
import type { Body, Header, Operation, Outcome } from './operation.ts';
import { TIMEOUT } from './parameters.ts';
import { COUNTER, record, refTo, type Schema, TEXT, wordOf } from './schema.ts';

/** What of a route its description follows from. */
export interface DescribedRoute {
  readonly pattern: string;
  readonly methods: Readonly<Record<string, { readonly about: Operation }>>;
  /** Answers even when the node has halted, or has too much to do. */
  readonly isProbe?: true;
  /** Methods that are administrative acts (AC6), as the log names them. */
  readonly acts?: Readonly<Record<string, ActName>>;
  /** Who is served, but for acts (AC2); not given: whoever is known. What keys they may see their handlers ask. */
  readonly serves?: 'everybody' | 'inspectors';
  /** It concerns this node alone, also where nobody leads. */
  readonly isLocal?: true;
  /** A stream has no end that `HEAD` could wait for. */
  readonly isStream?: true;
}

type Outcomes = Readonly<Record<number, Outcome>>;

const REFUSED: Readonly<Record<number, string>> = {
  400: 'The request is wrong: the message names the place.',
  401: 'Access is on, and the caller is not known. Nothing was done.',
  403: 'The Host or Origin of the request is not served, or the caller lacks the right. Nothing was done.',
  404: 'There is no such thing.',
  409: 'It cannot be done as things stand: the code says why.',
  412: 'The condition did not hold, and nothing was changed.',
  413: 'The request, or its answer, is too large.',
  429: 'Too much is under way here. Nothing was done.',
  431: 'The request has too many header fields.',
  500: 'The server failed. A write may have taken effect.',
  502: 'The other node cannot be watched.',
  503: 'There is no leader, or this node starts, stops, or has halted: retry says what is known.',
  504: 'The time is over. A read never took effect, a write may have.',
};

const CHALLENGE: Header = {
  name: 'www-authenticate',
  description:
    'What to show: Bearer and a token, or to the live page Basic with the token as the password.',
  schema: TEXT,
};

const ERROR = record(
  {
    code: wordOf(Object.keys(ERROR_CODES)),
    message: TEXT,
    retry: {
      ...wordOf(RETRIES),
      description: 'Obey it: safe and redirect say that nothing took effect.',
    },
  },
  { leader: TEXT, revision: COUNTER, modRevision: COUNTER, compactedRevision: COUNTER },
);

export function documentOf(routes: readonly DescribedRoute[], version: string): Schema {
  return {
    openapi: '3.1.0',
    info: {
      title: 'raftchart',
      version,
      summary: 'A durable key-value store: any node takes any request.',
      description: 'docs/HTTP.md of the package says what each route means.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    // None at all, while access is off, or where a certificate says who calls.
    security: [{}, { token: [] }],
    paths: Object.fromEntries(routes.map((route) => [pathOf(route), pathItemOf(route)])),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: ERROR, ...KEY_SCHEMAS, ...CLUSTER_SCHEMAS, ...NODE_SCHEMAS },
    },
  };
}

/** `/lease/:id` as `/lease/{id}`; what ends with a star is the rest of the path. */
function pathOf({ pattern }: DescribedRoute): string {
  return pattern.replace(/:(\w+)/g, '{$1}').replace('*', '{key}');
}

function pathItemOf(route: DescribedRoute): Schema {
  const methods = Object.entries(route.methods).map(([method, { about }]) => [
    method.toLowerCase(),
    operationOf(about, outcomesOf(about, route)),
  ]);
  const { GET } = route.methods;
  const hasHead = GET !== undefined && route.isStream !== true;
  const head = hasHead ? { head: headOf(GET.about, route) } : {};
  return { ...Object.fromEntries(methods), ...head };
}

function operationOf(about: Operation, outcomes: Outcomes): Schema {
  const { body, id, parameters = [], summary, tag } = about;
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: requestBodyOf(body) }),
    responses: Object.fromEntries(
      Object.entries(outcomes).map(([status, outcome]) => [status, responseOf(outcome)]),
    ),
  };
}

/** The same answers without their bodies. */
function headOf(about: Operation, route: DescribedRoute): Schema {
  const outcomes = Object.entries(outcomesOf(about, route)).map(
    ([status, { description, headers = [] }]) => [status, { description, headers }],
  );
  const id = `${about.id}Head`;
  return operationOf({ ...about, id }, Object.fromEntries(outcomes));
}

function requestBodyOf({ isOptional, schema, type }: Body): Schema {
  return { required: isOptional !== true, content: { [type]: { schema } } };
}

function responseOf({ data, description, headers = [], schema, type }: Outcome): Schema {
  const media = { schema, ...(data !== undefined && { 'x-event-data': data }) };
  return {
    description,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers.map(headerOf)) }),
    ...(type !== undefined && { content: { [type]: media } }),
  };
}

function headerOf({ description, isOptional, name, schema }: Header): readonly [string, Schema] {
  return [name, { description, required: isOptional !== true, schema }];
}

function outcomesOf(about: Operation, route: DescribedRoute): Outcomes {
  const refusals = [...ofAnyRoute(about, route), ...(about.refusals ?? [])];
  const errors = refusals.map((status) => [status, refused(status)]);
  return { ...Object.fromEntries(errors), ...about.answers };
}

/** A probe is answered however much there is to do. What has a 503 of its own says so when its time is over as well. */
function ofAnyRoute(
  { answers, parameters }: Operation,
  { isProbe, serves }: DescribedRoute,
): readonly number[] {
  const mayBeLate = parameters?.includes(TIMEOUT) === true && answers[503] === undefined;
  const mayBeUnknown = serves !== 'everybody';
  return [
    400,
    ...(mayBeUnknown ? [401] : []),
    403,
    ...(isProbe ? [] : [429]),
    431,
    500,
    503,
    ...(mayBeLate ? [504] : []),
  ];
}

function refused(status: number): Outcome {
  const description = REFUSED[status] ?? 'It is refused.';
  const headers = status === 401 ? [CHALLENGE] : [];
  return { type: 'application/json', schema: refTo('Error'), description, headers };
}
