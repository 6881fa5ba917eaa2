/**
 * A configuration file: options of the command line as fields of one map, in YAML, of which JSON is a part. What is wrong
 * with it is said with file, line and field (CG2). What a field's text means, the option's own kind says.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { whatIsKnown } from '../../core/known-names.ts';
import { CliFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { CONFIGURATION_FILE_BYTES_MAX } from '../limits.ts';
import type { OptionSpec } from './option-spec.ts';
import { OPTIONS, type OptionName } from './option-table.ts';
import type { FileValues } from './read-options.ts';

/** Ignored: editors find the schema by it. */
const SCHEMA_FIELD = '$schema';

/** Throws a `CliFailure`: the file cannot be read, is no YAML, or has a field that is not among `fields` or of another form. */
export async function readConfigurationFile(
  path: string,
  fields: readonly OptionName[],
): Promise<FileValues> {
  const source = await contentOf(path);
  try {
    return valuesIn(source, path, fields);
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    // As of lists in lists without end, which exhaust whoever reads them.
    throw wrong(path, `it cannot be understood: ${textOfError(error)}.`);
  }
}

function valuesIn(source: string, path: string, fields: readonly OptionName[]): FileValues {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): string => `${path}:${lines.linePos(offset).line}`;
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw wrong(placeAt(problem.pos[0]), `${problem.message}.`);
  const { contents } = document;
  if (!isMap(contents)) throw wrong(path, 'it must be a map, NAME: VALUE for each option.');
  const found = new Map<string, { text: string; place: string }>();
  for (const { key, value } of contents.items) {
    if (!isScalar(key)) throw wrong(path, 'the name of an option must be text.');
    const place = placeAt(key.range?.[0] ?? 0);
    const name = String(key.value);
    if (name === SCHEMA_FIELD) continue;
    const text = textOf(known(name, fields, place), plain(value, document, place), place);
    found.set(name, { text, place });
  }
  return found;
}

async function contentOf(path: string): Promise<string> {
  // Whoever opens a pipe without this waits for its writer.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    unreadable(path),
  );
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw wrong(path, 'it is no file, and a configuration is one.');
    const content = found.size > CONFIGURATION_FILE_BYTES_MAX ? null : await wholeOf(handle, path);
    if (content !== null) return content;
    throw wrong(
      path,
      `it is larger than ${CONFIGURATION_FILE_BYTES_MAX} bytes, and no configuration is.`,
    );
  } finally {
    await handle.close();
  }
}

/** `null`: it grows while it is read, or its size says nothing, as in /proc, and it is too large. */
async function wholeOf(handle: FileHandle, path: string): Promise<string | null> {
  const content = Buffer.alloc(CONFIGURATION_FILE_BYTES_MAX + 1);
  let length = 0;
  while (length < content.length) {
    const { bytesRead } = await handle.read(content, length).catch(unreadable(path));
    if (bytesRead === 0) return content.toString('utf8', 0, length);
    length += bytesRead;
  }
  return null;
}

function unreadable(path: string): (error: Error) => never {
  return (error) => {
    throw wrong(path, `it cannot be read: ${error.message}.`);
  };
}

/** An alias may be of nothing, or of far too much. */
function plain(node: unknown, document: Document, place: string): unknown {
  try {
    return isNode(node) ? node.toJS(document) : node;
  } catch (error) {
    throw wrong(place, `${textOfError(error)}.`);
  }
}

function known(name: string, fields: readonly OptionName[], place: string): OptionName {
  const field = fields.find((each) => each === name);
  if (field !== undefined) return field;
  throw wrong(place, `${name} is no option of serve: ${whatIsKnown(name, fields)}.`);
}

function textOf(name: OptionName, value: unknown, place: string): string {
  const { form }: OptionSpec<unknown>['kind'] = OPTIONS[name].kind;
  const text = form.textOf(value);
  if (text !== null) return text;
  throw wrong(place, `${name} ${form.wants}; it is ${JSON.stringify(value) ?? 'nothing'}.`);
}

/** Of several lines the first: what refuses is one sentence. */
function textOfError(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}

function wrong(place: string, why: string): CliFailure {
  return new CliFailure(EXIT.wrongConfiguration, `${place}: ${why}`);
}
