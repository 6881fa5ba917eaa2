/**
 * What a command is: a name, the options it takes out of the one table, and a function. The types of the
 * values follow from the names, so a command cannot ask for an option that it does not declare.
 */

import type { Log } from '../server/operations/json-log.ts';
import { commandHelp, type HelpSubject } from './command-help.ts';
import { usageFailure } from './failures/cli-failure.ts';
import { EXIT } from './failures/exit-codes.ts';
import type { OptionName } from './options/option-table.ts';
import {
  type Environment,
  type ReadOptions,
  type ReadRequest,
  readOptions,
} from './options/read-options.ts';

/** Everything of the process that a command may touch. */
export interface CliContext {
  readonly environment: Environment;
  /** Standard output. */
  readonly write: (text: string | Uint8Array) => void;
  /** Resolves once all that was written was taken. Rejects when interrupted. */
  readonly flushed: () => Promise<void>;
  /** Standard error. */
  readonly writeError: (text: string) => void;
  /** Standard input, as it comes. Fails when interrupted. */
  readonly input: () => AsyncIterable<Uint8Array>;
  readonly isTty: boolean;
  /** Whether somebody looks at standard error, where progress is shown. */
  readonly isErrorTty: boolean;
  /** How many characters a line has there. */
  readonly errorColumns: () => number;
  /** Whether somebody types what is read from standard input. */
  readonly isInputTty: boolean;
  /** How to run this command line again, as another process: the program and its first arguments. */
  readonly self: readonly [program: string, ...firstArguments: string[]];
  /** Aborted by SIGINT or SIGTERM. */
  readonly interrupted: AbortSignal;
  /** From now on SIGHUP calls this, and no longer ends the process. */
  readonly onHangup: (listener: () => void) => void;
  /** From now on what this process makes is for its owner alone (TL9). */
  readonly keepPrivate: () => void;
  /** From now on what is said of the end of this process, and of what was left out, is a line of this log. */
  readonly keepLog: (log: Log) => void;
}

export interface Command extends HelpSubject {
  /** The exit code: one of ours, or that of a program that was run. */
  readonly run: (argv: readonly string[], context: CliContext) => Promise<number>;
}

interface CommandSpec<Name extends OptionName, Needed extends Name>
  extends Omit<HelpSubject, 'required'> {
  readonly options: readonly Name[];
  /** None unless given. */
  readonly required?: readonly Needed[];
  /** Options may stand in a file besides. */
  readonly file?: ConfigurationOf<Name>;
  /** How many positional arguments there may be, both inclusive; none unless given. */
  readonly positionals?: readonly [min: number, max: number];
  readonly run: (given: GivenOptions<Name, Needed>, context: CliContext) => Promise<number>;
}

interface GivenOptions<Name extends OptionName, Needed extends Name>
  extends ReadOptions<Name, Needed> {
  /** Reads all of it once more: a file may have changed. Throws as the command line would be refused. */
  readonly again: () => Promise<ReadOptions<Name, Needed>>;
}

interface ConfigurationOf<Name extends OptionName> {
  /** `null`: none is given. */
  readonly pathOf: (given: ReadOptions<Name, never>) => string | null;
  readonly fields: readonly OptionName[];
}

export function command<Name extends OptionName, Needed extends Name = never>(
  spec: CommandSpec<Name, Needed>,
): Command {
  const { options: names, required = [], positionals: [min, max] = [0, 0], file } = spec;
  const { takesProgram = false } = spec;
  return {
    ...spec,
    required,
    run: async (argv, context) => {
      const { environment } = context;
      const request = { names, required, argv, environment, takesProgram };
      const read = async () => readOptions(await withFile(request, file));
      const given = await read();
      if (given.wantsHelp) {
        context.write(commandHelp({ ...spec, required }));
        return EXIT.clean;
      }
      const count = given.positionals.length;
      if (count < min || count > max) {
        throw usageFailure(`Usage: raftchart ${`${spec.name} ${spec.usage}`.trim()}`);
      }
      return spec.run({ ...given, again: read }, context);
    },
  };
}

async function withFile<Name extends OptionName, Needed extends Name>(
  request: ReadRequest<Name, Needed>,
  configuration: ConfigurationOf<Name> | undefined,
): Promise<ReadRequest<Name, Needed>> {
  if (configuration === undefined) return request;
  const given = readOptions({ ...request, required: [] });
  const path = given.wantsHelp ? null : configuration.pathOf(given);
  if (path === null) return request;
  // Loaded only for whoever has such a file.
  const { readConfigurationFile } = await import('./options/configuration-file.ts');
  return { ...request, file: await readConfigurationFile(path, configuration.fields) };
}

/** Resolves once the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}
