/**
 * Holds what a server answers against what it says that it answers, `/openapi.json` (SV36): route, method, parameters, status, headers
 * and shape. Strict where the description lets an answer grow: a field, a header or a status that it does not name is a fault.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Json = Readonly<Record<string, unknown>>;
type Fields<Value> = Readonly<Record<string, Value>>;

interface Media {
  readonly schema: Json;
  readonly 'x-event-data'?: Json;
}

interface DescribedResponse {
  readonly headers?: Fields<{ readonly required: boolean; readonly schema: Json }>;
  readonly content?: Fields<Media>;
}

export interface DescribedParameter {
  readonly name: string;
  readonly in: string;
  readonly schema: Json;
}

interface DescribedOperation {
  readonly operationId: string;
  readonly parameters?: readonly DescribedParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Fields<Media> };
  readonly responses: Fields<DescribedResponse>;
}

export interface DescriptionDocument {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Fields<Fields<DescribedOperation>>;
  readonly components: { readonly schemas: Fields<Json> };
}

/** A request and what came back, as one who stands between the two sees them. */
export interface Exchanged {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** Of a request whose body is a text. */
  readonly sent: string | null;
  readonly response: Response;
  /** Of a stream nothing. */
  readonly told: string | null;
}

export interface Place {
  readonly path: string;
  readonly method: string;
  readonly operation: DescribedOperation;
}

const METHODS = ['get', 'head', 'put', 'post', 'delete'];

export class Described {
  readonly document: DescriptionDocument;
  readonly #paths: readonly (readonly [RegExp, string])[];
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, coerceTypes: false });
  readonly #components: unknown;
  readonly #compiled = new Map<unknown, ValidateFunction>();

  constructor(document: DescriptionDocument) {
    this.document = document;
    this.#components = closed(document.components);
    const byGenerality = Object.keys(document.paths).sort(
      (left, right) => left.split('{').length - right.split('{').length,
    );
    this.#paths = byGenerality.map((path) => [patternOf(path), path]);
  }

  operations(): readonly Place[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
    );
  }

  placeOf(method: string, url: string): Place | null {
    const path = this.#pathOf(url);
    const operation = path === null ? undefined : this.document.paths[path]?.[method.toLowerCase()];
    return path === null || operation === undefined ? null : { path, method, operation };
  }

  /** A sentence for each thing that is other than described. */
  faultsOf(exchanged: Exchanged): readonly string[] {
    const { method, url, response } = exchanged;
    const place = this.placeOf(method, url);
    if (place === null) return this.#faultsNowhere(exchanged);
    const where = `${method} ${place.path} ${response.status}`;
    const described = place.operation.responses[response.status];
    if (described === undefined) return [`${where}: the status is not described`];
    return [
      ...(response.ok ? this.#faultsOfRequest(place.operation, exchanged) : []),
      ...this.#faultsOfHeaders(described, response),
      ...this.#faultsOfBody(described, exchanged),
    ].map((fault) => `${where}: ${fault}`);
  }

  /** What is wrong with the data of an event of this route. */
  faultsOfEvent(place: Place, data: unknown): readonly string[] {
    const media = place.operation.responses[200]?.content?.['text/event-stream'];
    return this.#faultsOfJson(media?.['x-event-data'] ?? false, data);
  }

  #pathOf(url: string): string | null {
    const path = /^[a-z]+:\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? '';
    return this.#paths.find(([pattern]) => pattern.test(path))?.[1] ?? null;
  }

  /** A path or a method that is not described is one that there is not. */
  #faultsNowhere({ method, response, url }: Exchanged): readonly string[] {
    const path = this.#pathOf(url);
    const where = `${method} ${path ?? url} ${response.status}`;
    if (path === null)
      return response.status === 404 || response.status === 503 ? [] : [`${where}: not described`];
    const methods = Object.keys(this.document.paths[path] ?? {});
    const said = (response.headers.get('allow') ?? '').toLowerCase().split(', ');
    if (response.status === 400 && !METHODS.includes(method.toLowerCase())) return [];
    const isRight = response.status === 405 && said.sort().join() === methods.sort().join();
    return isRight ? [] : [`${where}: the methods are ${said}, described are ${methods}`];
  }

  /** What was taken must be described. */
  #faultsOfRequest(operation: DescribedOperation, { sent, url }: Exchanged): readonly string[] {
    const { parameters = [], requestBody } = operation;
    const query = [...new URL(url).searchParams].flatMap(([name, value]) => {
      const parameter = parameters.find((each) => each.in === 'query' && each.name === name);
      if (parameter === undefined) return [`took the parameter ${name}`];
      return this.#faultsOfText(parameter.schema, value).map((fault) => `took ${name} ${fault}`);
    });
    const schema = requestBody?.content['application/json']?.schema;
    if (schema === undefined || sent === null || sent === '') return query;
    return [
      ...query,
      ...this.#faultsOfJson(schema, JSON.parse(sent)).map((fault) => `took ${fault}`),
    ];
  }

  #faultsOfHeaders({ headers = {} }: DescribedResponse, response: Response): readonly string[] {
    const known = Object.entries(headers).flatMap(([name, { required, schema }]) => {
      const value = response.headers.get(name);
      if (value === null) return required ? [`the header ${name} is missing`] : [];
      return this.#faultsOfText(schema, value).map((fault) => `${name} ${fault}`);
    });
    if (!response.ok) return known;
    const named = [...response.headers.keys()].filter((name) => OWN_HEADER.test(name));
    const unknown = named.filter((name) => headers[name] === undefined);
    return [...known, ...unknown.map((name) => `the header ${name} is not described`)];
  }

  #faultsOfBody({ content }: DescribedResponse, { response, told }: Exchanged): readonly string[] {
    const type = response.headers.get('content-type')?.split(';', 1)[0] ?? null;
    if (content === undefined) return told === null || told === '' ? [] : ['it has a body'];
    const media = content[type ?? ''] ?? content['*/*'];
    if (media === undefined) return [`its type ${type} is not described`];
    if (type !== 'application/json' || told === null) return [];
    return this.#faultsOfJson(media.schema, JSON.parse(told));
  }

  /** Of a parameter or a header. */
  #faultsOfText(schema: Json, text: string): readonly string[] {
    return this.#faultsOfJson(schema, schema.type === 'integer' ? Number(text) : text);
  }

  #faultsOfJson(schema: Json | false, value: unknown): readonly string[] {
    const validate = this.#compiled.get(schema) ?? this.#compile(schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath || 'it'} ${message} ${JSON.stringify(params)} in ${JSON.stringify(value)?.slice(0, 500)}`,
    );
  }

  #compile(schema: Json | false): ValidateFunction {
    const whole = schema === false ? { not: {} } : (closed(schema) as Json);
    const validate = this.#ajv.compile({ ...whole, components: this.#components });
    this.#compiled.set(schema, validate);
    return validate;
  }
}

const OWN_HEADER = /^(raftchart-|etag$|location$)/;

/** A key may have slashes; nothing else may. */
function patternOf(path: string): RegExp {
  const source = path
    .replace(/[.]/g, '\\$&')
    .replace('{key}', '.*')
    .replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${source}$`);
}

/** An object has no fields but those that are named, unless it says so. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.entries(schema).map(([name, part]) => [name, closed(part)]);
  const isOpen = 'properties' in schema && !('additionalProperties' in schema);
  return { ...Object.fromEntries(parts), ...(isOpen && { additionalProperties: false }) };
}
