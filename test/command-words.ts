/**
 * The words behind `npm run … --`: `--help` shows the usage, and what cannot be understood is refused in a sentence
 * with the usage behind it and exit code 64, as `raftchart` itself does.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util';

export function wordsOf<const Config extends ParseArgsConfig>(
  usage: string,
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  const words = process.argv.slice(2);
  if (words.includes('--help') || words.includes('-h')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), usage);
  }
}

/** A whole number in `[min, ∞)`. */
export function wholeNumber(name: string, text: string, min = 1): number {
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min) return value;
  return refuse(`--${name} takes a whole number from ${min}, not ${JSON.stringify(text)}`, '');
}

function refuse(sentence: string, usage: string): never {
  console.error(usage === '' ? sentence : `${sentence}\n\n${usage}`);
  process.exit(64);
}
