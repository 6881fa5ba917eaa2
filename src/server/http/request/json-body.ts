/**
 * JSON bodies, read strictly (SV8, SV13): what is no JSON, and a field that is misspelt or of another kind, is an error
 * that names the place. An ignored field would be another request.
 */
import type { RaftError } from '../../../core/errors.ts';
import { isCounter } from '../../../core/types.ts';
import { badRequest } from '../../errors.ts';
import type { JsonFields } from './json-bytes.ts';
import { decodeUtf8 } from './request-query.ts';

export function parseJson(body: Uint8Array): unknown {
  const text = decodeUtf8(body);
  if (text === null) throw badRequest('The body is not UTF-8. Nothing was written.');
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    throw badRequest(`The body is not JSON (${why}). Nothing was written.`);
  }
}

/** `known`: the names that may appear; `null`: not looked at yet. */
export function fieldsOf(
  json: unknown,
  where: string,
  known: readonly string[] | null,
): JsonFields {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw badRequest(`${where} must be a JSON object.`);
  }
  const fields: JsonFields = { ...json };
  for (const name of known === null ? [] : Object.keys(fields)) {
    if (known?.includes(name) === false) throw unknownField(where, name, known);
  }
  return fields;
}

function unknownField(where: string, name: string, known: readonly string[]): RaftError {
  const list = known.length === 0 ? 'It takes none.' : `Known: ${known.join(', ')}.`;
  return badRequest(`${where} has an unknown field ${JSON.stringify(name)}. ${list}`);
}

/** Numbers of leases, at least one. */
export function leasesOf(value: unknown, countMax: number): readonly number[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= countMax) {
    return value.map((one, at) => leaseOf(one, `leases[${at}]`));
  }
  throw badRequest(`leases must be a JSON array of 1 to ${countMax} numbers.`);
}

export function leaseOf(value: unknown, where: string): number {
  if (isCounter(value) && value > 0) return value;
  throw badRequest(`${where} must be the number of a lease.`);
}

export function counterOf(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw badRequest(`${where} must be a whole number from 0.`);
}
