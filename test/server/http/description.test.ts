/** `/openapi.json` is what the server serves: each parameter, bound, word and field that it takes, and none besides. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { type LocalApi, localApi } from '../local-server.ts';
import {
  Described,
  type DescribedParameter,
  type DescriptionDocument,
  type Place,
} from './described.ts';

type Json = Readonly<Record<string, unknown>>;

async function documentOf(local: LocalApi): Promise<DescriptionDocument> {
  return (await local.send('/openapi.json')).json();
}

/** With all that can be turned on. */
function everything(): LocalApi {
  return localApi({ inspection: { peers: new Map(), hasPage: true } });
}

const EXAMPLES: Readonly<Record<string, string>> = {
  id: '1',
  key: 'a',
  file: 'page.js',
  name: 'a',
};

/** Those that take something, with a path that there can be. */
async function asked(local: LocalApi): Promise<readonly (Place & { readonly at: string })[]> {
  const described = new Described(await documentOf(local));
  return described
    .operations()
    .filter(({ path, method }) => method !== 'head' && !path.startsWith('/ui'))
    .map((place) => {
      const id = place.path.startsWith('/sessions') ? '0'.repeat(32) : EXAMPLES.id;
      const names: Readonly<Record<string, string | undefined>> = { ...EXAMPLES, id };
      const at = place.path.replace(/\{(\w+)\}/g, (_, name) => names[name] ?? '');
      return { ...place, at };
    });
}

/** The words of a refusal. */
async function refused(
  local: LocalApi,
  { at, method }: { at: string; method: string },
  body?: unknown,
) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await local.send(at, { method: method.toUpperCase(), ...sent });
  const { message } = await response.json();
  expect([`${method} ${at}`, response.status, message]).toEqual([
    `${method} ${at}`,
    400,
    expect.any(String),
  ]);
  return String(message);
}

/** What the refusal of a name says that there is. */
function known(message: string): readonly string[] {
  return /Known: (.*)\.$/.exec(message)?.[1]?.split(', ') ?? [];
}

const inQuery = ({ operation: { parameters = [] } }: Place): readonly DescribedParameter[] =>
  parameters.filter((parameter) => parameter.in === 'query');

describe('/openapi.json', () => {
  it('[SV36] is OpenAPI 3.1, and says which server it is of', async () => {
    const document = await documentOf(localApi());
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect([valid, errors]).toEqual([true, undefined]);
    expect([document.openapi, document.info.version]).toEqual(['3.1.0', '9.9.9']);
    const ids = new Described(document).operations().map(({ operation }) => operation.operationId);
    expect(ids.length).toBeGreaterThan(40);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('[SV36] names each part of a path once', async () => {
    for (const { operation, path } of new Described(await documentOf(localApi())).operations()) {
      const { parameters = [] } = operation;
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect([path, inPath.map(({ name }) => name)]).toEqual([path, names]);
    }
  });

  it('[SV36] has each parameter that is taken, and no other', async () => {
    const local = everything();
    for (const place of await asked(local)) {
      const names = inQuery(place).map(({ name }) => name);
      const message = await refused(local, { ...place, at: `${place.at}?nosuch=1` });
      expect([place.at, [...known(message)].sort()]).toEqual([place.at, names.sort()]);
    }
  });

  it('[SV36] has the bounds and the words of each', async () => {
    const local = everything();
    let checked = 0;
    for (const place of await asked(local)) {
      for (const { name, schema } of inQuery(place)) {
        const { enum: words, maximum, minimum, pattern } = schema;
        const given = (value: unknown): string => `${place.at}?${name}=${value}`;
        const message = async (value: unknown): Promise<string> =>
          refused(local, { ...place, at: given(value) });
        if (typeof maximum === 'number') {
          const bounds = `a whole number from ${minimum} to ${maximum}`;
          for (const value of [Number(minimum) - 1, maximum + 1, '1.5']) {
            expect(await message(value)).toContain(bounds);
          }
        } else if (Array.isArray(words)) {
          const list = words.filter((word) => word !== '').join(', ');
          expect(await message('nosuch')).toContain(`must be one of ${list};`);
        } else if (pattern !== undefined) {
          await message('nosuch');
        } else continue;
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(40);
  });

  it('[SV36] has each field of a body, and no other', async () => {
    const local = everything();
    let checked = 0;
    for (const place of await asked(local)) {
      const schema = place.operation.requestBody?.content['application/json']?.schema;
      if (schema === undefined) continue;
      const forms = (schema.oneOf as readonly Json[] | undefined) ?? [schema];
      for (const { properties = {} } of forms) {
        const names = Object.keys(properties as Json);
        const beside = names.includes('id') ? { id: 'n9' } : {};
        const message = await refused(local, place, { ...beside, nosuch: 1 });
        expect([place.at, [...known(message)].sort()]).toEqual([place.at, names.sort()]);
        checked += 1;
      }
    }
    expect(checked).toBe(14);
  });

  it('[SV36] has each field of the parts of a transaction', async () => {
    const local = localApi();
    const { paths } = await documentOf(local);
    const body = paths['/txn']?.post?.requestBody?.content['application/json']?.schema;
    const lists = Object(body).properties;
    const operations: readonly Json[] = lists.success.items.oneOf;
    const parts: readonly (readonly [list: string, beside: object, part: Json])[] = [
      ['compare', {}, lists.compare.items],
      ...operations.map((part) => {
        const beside = { op: Object(part.properties).op.enum[0] };
        return ['success', beside, part] as const;
      }),
    ];
    expect(parts).toHaveLength(4);
    for (const [list, beside, { properties = {} }] of parts) {
      const place = { at: '/txn', method: 'post' };
      const message = await refused(local, place, { [list]: [{ ...beside, nosuch: 1 }] });
      expect([...known(message)].sort()).toEqual(Object.keys(properties as Json).sort());
    }
  });

  it('[SV36] has each header that a route reads', async () => {
    const folder = fileURLToPath(new URL('../../../src/server/http', import.meta.url));
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const source = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
    const read = [...source.matchAll(/headers\.get\('([\w-]+)'\)/g)].map(([, name = '']) => name);
    const ofSessions = [...source.matchAll(/'(raftchart-(?:se|ac)\w+)'[,\]]/g)].map(
      ([, name = '']) => name,
    );
    const described = new Described(await documentOf(localApi()))
      .operations()
      .flatMap(({ operation: { parameters = [] } }) =>
        parameters.flatMap((parameter) =>
          parameter.in === 'header' ? parameter.name.toLowerCase() : [],
        ),
      );
    const ofHttp = ['content-length', 'traceparent'];
    expect(new Set([...described, ...ofHttp])).toEqual(
      new Set([...read, ...ofSessions, ...ofHttp]),
    );
  });
});

describe('what is other than described', () => {
  const PUT = ['paths', '/kv/{key}', 'put'];
  const OK = [...PUT, 'responses', '200'];
  const SCHEMA = [...OK, 'content', 'application/json', 'schema'];

  /** What is found in the answer to a put if the description had this in that place. */
  async function found(place: readonly string[], value: unknown): Promise<readonly string[]> {
    const document = JSON.parse(JSON.stringify(await documentOf(localApi())));
    const holder = place.slice(0, -1).reduce((inner, name) => inner[name], document);
    holder[place.at(-1) ?? ''] = value;
    const headers = { 'raftchart-revision': '2', 'raftchart-log-id': '1-2' };
    return new Described(JSON.parse(JSON.stringify(document))).faultsOf({
      method: 'PUT',
      url: 'http://local.test/kv/a?lease=7',
      headers: new Headers(),
      sent: 'x',
      response: Response.json({ revision: 2 }, { headers }),
      told: '{"revision":2}',
    });
  }

  it.each<readonly [what: string, place: readonly string[], value: unknown, fault: string | null]>([
    ['nothing', ['openapi'], '3.1.0', null],
    ['a route', PUT.slice(0, 2), undefined, 'not described'],
    ['a method', PUT, undefined, 'the methods are'],
    ['a status', OK, undefined, 'the status is not described'],
    ['a parameter', [...PUT, 'parameters'], [], 'took the parameter lease'],
    ['a bound', [...PUT, 'parameters', '1', 'schema', 'maximum'], 6, 'took lease it must be <= 6'],
    ['a header', [...OK, 'headers', 'raftchart-log-id'], undefined, 'raftchart-log-id is not'],
    ['a type', [...OK, 'content'], {}, 'its type application/json is not described'],
    ['a field', [...SCHEMA, 'properties'], { lease: {} }, 'must NOT have additional properties'],
    ['one field too many', [...SCHEMA, 'required'], ['lease'], 'must have required property'],
    ['a kind', [...SCHEMA, 'properties', 'revision', 'type'], 'string', 'must be string'],
  ])('[SV36] %s shows', async (_, place, value, fault) => {
    const expected = fault === null ? [] : expect.arrayContaining([expect.stringContaining(fault)]);
    expect(await found(place, value)).toEqual(expected);
  });
});
