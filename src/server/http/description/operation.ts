/**
 * How one method of one route is described (SV36): what it takes, what it answers, and what it refuses besides that which every route
 * may refuse. It stands with its route in the one table, so that no route is without one; `document.ts` makes the page of it.
 */
import type { Schema } from './schema.ts';

export interface Operation {
  /** Its name in programs that are made from the description. */
  readonly id: string;
  /** A sentence. */
  readonly summary: string;
  readonly tag: Tag;
  readonly parameters?: readonly Parameter[];
  readonly body?: Body;
  /** By status. */
  readonly answers: Readonly<Record<number, Outcome>>;
  /** The statuses of its own errors. */
  readonly refusals?: readonly number[];
}

type Tag = 'keys' | 'sessions' | 'leases' | 'cluster' | 'access' | 'node' | 'page';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema: Schema;
  readonly required?: true;
}

export interface Body {
  /** May be left out. */
  readonly isOptional?: true;
  readonly type: string;
  readonly schema: Schema;
}

export interface Outcome {
  readonly description: string;
  /** `undefined`: it has no body. */
  readonly type?: string;
  readonly schema?: Schema;
  /** Of a stream of events: their data. */
  readonly data?: Schema;
  readonly headers?: readonly Header[];
}

export interface Header {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
  /** Not on each of these answers. */
  readonly isOptional?: true;
}

export function json(
  schema: Schema,
  description: string,
  headers: readonly Header[] = [],
): Outcome {
  return { type: 'application/json', schema, description, headers };
}

export function jsonBody(schema: Schema): Body {
  return { type: 'application/json', schema };
}

export function optionalBody(schema: Schema): Body {
  return { ...jsonBody(schema), isOptional: true };
}
