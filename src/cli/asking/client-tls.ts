/** Whom a command trusts and who it is, where an endpoint asks for TLS: read from the files that its options name (TL3). */
import type { SecureContext } from 'node:tls';
import type { ClientTls } from '../../ports/tls.ts';
import { problemWithTls, secureContext } from '../../wire/tls-material.ts';
import { CliFailure, usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { textInFile } from '../input/given-file.ts';
import type { OptionValues } from '../options/option-table.ts';

export const TLS_OPTIONS = ['cacert', 'cert', 'key'] as const;
type TlsValues = OptionValues<(typeof TLS_OPTIONS)[number]>;

/** Throws a `CliFailure` that names what cannot be used. */
export function tlsOf({ cacert, cert, key }: TlsValues): ClientTls {
  if ((cert === null) !== (key === null)) {
    throw usageFailure('--cert and --key belong together: give both, or neither.');
  }
  const tls = {
    ...(cacert !== null && { ca: contentOf('cacert', cacert) }),
    ...(cert !== null && { cert: contentOf('cert', cert) }),
    ...(key !== null && { key: contentOf('key', key) }),
  };
  const problem = problemWithTls(tls);
  if (problem === null) return tls;
  const files = [cacert, cert, key].filter((path) => path !== null).join(', ');
  throw new CliFailure(EXIT.wrongConfiguration, `Of ${files}, ${problem}.`);
}

/** `undefined`: the authorities that Node.js brings along, and no certificate. */
export function tlsContext(values: TlsValues): SecureContext | undefined {
  const tls = tlsOf(values);
  return Object.keys(tls).length === 0 ? undefined : secureContext(tls);
}

function contentOf(name: keyof TlsValues, path: string): string {
  try {
    return textInFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageFailure(`--${name} cannot be read: ${why}.`);
  }
}
