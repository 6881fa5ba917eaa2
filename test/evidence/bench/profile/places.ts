/** Where a function of a profile is written: a file of the project, a package, a module of Node.js, or nowhere in JavaScript. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Frame {
  readonly name: string;
  /** A file of the project, a package, `node:…`, or `''`: none of JavaScript. */
  readonly place: string;
}

/** As a profile names it; its lines count from 0. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

const ROOT = new URL('../../../../', import.meta.url);

/** Every file is read once. */
export function frameReader(
  read: (url: string) => string = (url) => readFileSync(fileURLToPath(url), 'utf8'),
): (frame: CallFrame) => Frame {
  const texts = new Map<string, string>();
  const textAt = (url: string): string => {
    const text = texts.get(url) ?? read(url);
    texts.set(url, text);
    return text;
  };
  const bundles = new Map<string, readonly string[]>();
  const filesIn = (url: string): readonly string[] => {
    const files = bundles.get(url) ?? filesOfLines(textAt(url));
    bundles.set(url, files);
    return files;
  };
  return ({ functionName, lineNumber, url }) => {
    const name = functionName === '' ? '(anonymous)' : functionName;
    const [, packaged] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
    if (packaged !== undefined) return { name, place: packaged };
    if (!url.startsWith('file:')) return { name, place: url };
    const place = filesIn(url)[lineNumber] ?? '';
    return { name: asWritten(name, () => textAt(new URL(place, ROOT).href)), place };
  };
}

/** Before each module the bundler says where it is from. */
function filesOfLines(text: string): readonly string[] {
  let file = '';
  return text.split('\n').map((line) => {
    file = /^\/\/ ([\w./-]+\.ts)$/.exec(line)?.[1] ?? file;
    return file;
  });
}

/** The bundler tells functions of one name apart by a number behind it. */
function asWritten(name: string, source: () => string): string {
  const [, bare] = /^(.*\D)\d+$/.exec(name) ?? [];
  if (bare === undefined) return name;
  return source().includes(`${name}(`) ? name : bare;
}
