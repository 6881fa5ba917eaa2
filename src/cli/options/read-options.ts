/**
 * From argv and environment to typed values, by the table. Every refusal is one plain sentence that
 * names the option and what it wants (CL13); what is not known is refused, never ignored (CL15). A flag wins over the
 * environment, that over the configuration file, and that over the default (CL14).
 */
import { parseArgs } from 'node:util';
import { isNear } from '../../core/known-names.ts';
import { CliFailure, usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { Refusal } from './option-kinds.ts';
import type { OptionSpec } from './option-spec.ts';
import { environmentName, OPTIONS, type OptionName, type OptionValues } from './option-table.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a configuration file says, as the text that a flag would have, and the file and line where it stands. */
export type FileValues = ReadonlyMap<string, { readonly text: string; readonly place: string }>;

/** Where a value comes from: `flag`, a variable, a line of a file, or `default`. */
export interface Origin {
  readonly text: string;
  readonly from: string;
}

export interface ReadRequest<Name extends OptionName, Needed extends Name> {
  readonly names: readonly Name[];
  readonly required: readonly Needed[];
  readonly argv: readonly string[];
  readonly environment: Environment;
  readonly file?: FileValues;
  /** What stands behind `--` is a program with its arguments; otherwise, more positional arguments. */
  readonly takesProgram?: boolean;
}

export interface ReadOptions<Name extends OptionName, Needed extends Name> {
  readonly values: OptionValues<Exclude<Name, Needed>> & {
    readonly [Each in Needed]: NonNullable<OptionValues[Each]>;
  };
  /** Of every option that has a value. */
  readonly origins: ReadonlyMap<Name, Origin>;
  readonly positionals: readonly string[];
  readonly wantsHelp: boolean;
  /** What stands behind `--`, where a program may; `null`: none does. */
  readonly program: readonly string[] | null;
}

export function readOptions<Name extends OptionName, Needed extends Name>(
  request: ReadRequest<Name, Needed>,
): ReadOptions<Name, Needed> {
  const { own, program } = cutProgram(request);
  const { given, positionals, wantsHelp } = scan(request.names, own);
  const values: Record<string, unknown> = {};
  const origins = new Map<Name, Origin>();
  for (const name of wantsHelp ? [] : request.names) {
    const origin = originOf(name, given.get(name), request);
    values[name] =
      origin === null
        ? secretIn(OPTIONS[name], request.environment)
        : readOne(name, origin, request);
    if (origin !== null) origins.set(name, origin);
    else if (request.required.some((needed) => needed === name)) throw missing(name);
  }
  // Every name of the request has been read by its own kind, so the record has the promised shape.
  return {
    values: values as ReadOptions<Name, Needed>['values'],
    origins,
    positionals,
    wantsHelp,
    program,
  };
}

function cutProgram({
  argv,
  takesProgram = false,
}: Pick<ReadRequest<never, never>, 'argv' | 'takesProgram'>): {
  readonly own: readonly string[];
  readonly program: readonly string[] | null;
} {
  const end = takesProgram ? argv.indexOf('--') : -1;
  if (end < 0) return { own: argv, program: null };
  if (end === argv.length - 1)
    throw usageFailure('Nothing stands behind --: give a program to run.');
  return { own: argv.slice(0, end), program: argv.slice(end + 1) };
}

/** Names in the environment that look like ours and are none: most likely misspelt. */
export function strayEnvironment(environment: Environment): readonly string[] {
  const specs: readonly OptionSpec<unknown>[] = Object.values(OPTIONS);
  const texts = specs.flatMap(({ orText }) => (orText === undefined ? [] : [orText]));
  const known = new Set([...Object.keys(OPTIONS).map(environmentName), ...texts]);
  return Object.keys(environment).filter(
    (name) => name.startsWith('RAFTCHART_') && !known.has(name),
  );
}

/** `null`: it has no value. */
function originOf(
  name: OptionName,
  flag: string | undefined,
  { environment, file }: Pick<ReadRequest<never, never>, 'environment' | 'file'>,
): Origin | null {
  if (flag !== undefined) return { text: flag, from: 'flag' };
  const variable = environmentName(name);
  const inEnvironment = environment[variable];
  if (inEnvironment !== undefined && inEnvironment !== '') {
    return { text: inEnvironment, from: variable };
  }
  const inFile = file?.get(name);
  if (inFile !== undefined) return { text: inFile.text, from: inFile.place };
  const { default: preset } = OPTIONS[name];
  return preset === null ? null : { text: preset, from: 'default' };
}

function readOne(
  name: OptionName,
  { from, text }: Origin,
  { environment }: Pick<ReadRequest<never, never>, 'environment'>,
): unknown {
  const spec: OptionSpec<unknown> = OPTIONS[name];
  const value = spec.kind(text);
  if (!(value instanceof Refusal)) return value;
  const found = value.part === null ? 'it is' : 'this part is not:';
  const why = `${value.wants}; ${found} ${JSON.stringify(value.part ?? text)}.`;
  if (from === 'flag') throw usageFailure(`--${name} ${why}`);
  if (from in environment) throw usageFailure(`${from} ${why}`);
  throw new CliFailure(EXIT.wrongConfiguration, `${from}: ${name} ${why}`);
}

export function missing(name: OptionName): CliFailure {
  return usageFailure(`--${name} is needed: ${OPTIONS[name].help}`);
}

function secretIn({ orText }: OptionSpec<unknown>, environment: Environment): unknown {
  const text = orText === undefined ? '' : (environment[orText] ?? '');
  return text === '' ? null : { text };
}

interface Scan {
  readonly given: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
  readonly wantsHelp: boolean;
}

type Tokens = NonNullable<ReturnType<typeof parseArgs>['tokens']>;
type OptionToken = Extract<Tokens[number], { readonly kind: 'option' }>;

function scan(names: readonly OptionName[], argv: readonly string[]): Scan {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(names.map((name) => [name, parserConfig(OPTIONS[name])])),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string>();
  const words = new Map<number, string>();
  let wantsHelp = false;
  for (const token of tokens ?? []) {
    const word = argv[token.index] ?? '';
    if (token.kind === 'positional') words.set(token.index, token.value);
    else if (token.kind === 'option' && NEGATIVE_NUMBER.test(word)) words.set(token.index, word);
    else if (token.kind === 'option' && ['--help', '-h'].includes(word)) wantsHelp = true;
    else if (token.kind === 'option') take(token, names, given);
  }
  return { given, positionals: [...words.values()], wantsHelp };
}

/** `-5` is a value: no option is a digit. */
const NEGATIVE_NUMBER = /^-\.?[0-9]/;

function take(token: OptionToken, names: readonly OptionName[], given: Map<string, string>): void {
  const name = names.find((known) => known === token.name);
  if (name === undefined) throw usageFailure(unknownOption(token.rawName, names));
  const before = given.get(name);
  const spec: OptionSpec<unknown> = OPTIONS[name];
  if (before !== undefined && !spec.isRepeatable) {
    throw usageFailure(`--${name} is given twice.`);
  }
  const text = textOf(name, token);
  given.set(name, before === undefined ? text : `${before},${text}`);
}

function textOf(name: OptionName, token: OptionToken): string {
  const spec: OptionSpec<unknown> = OPTIONS[name];
  if (spec.isFlag) return token.value ?? 'true';
  const looksLikeOption = token.inlineValue === false && /^-./.test(token.value);
  if (token.value !== undefined && !looksLikeOption) return token.value;
  throw usageFailure(
    `--${name} needs a value: --${name} ${spec.placeholder}. One that begins with '-' is written --${name}=VALUE.`,
  );
}

function parserConfig(spec: OptionSpec<unknown>): {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
} {
  const type = spec.isFlag ? 'boolean' : 'string';
  return spec.short === undefined ? { type } : { type, short: spec.short };
}

function unknownOption(rawName: string, names: readonly OptionName[]): string {
  const bare = rawName.replace(/^-+/, '');
  const near = names.find((name) => isNear(name, bare));
  const next =
    near === undefined
      ? "See --help; a word that is no option and begins with '-' stands behind --."
      : `Did you mean --${near}?`;
  return `${rawName} is not an option of this command. ${next}`;
}
