/** The certificates that `serve` is given in files: read before anything starts, and again when they change (TL2, TL5). */
import type { Log } from '../../server/operations/json-log.ts';
import { SECRET_LENGTH_MIN } from '../../transport/limits.ts';
import { type TlsFiles, type TlsReload, tlsFiles } from '../../wire/tls-files.ts';
import { CliFailure, usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { whyUnreadable } from '../failures/why-unreadable.ts';
import { textInFile } from '../input/given-file.ts';
import { CERTIFICATE_ENDS_SOON_DAYS } from '../limits.ts';
import type { OptionValues } from '../options/option-table.ts';

export const PORT_OPTIONS = [
  'tls-cert',
  'tls-key',
  'tls-client-ca',
  'peer-tls-cert',
  'peer-tls-key',
  'peer-tls-ca',
  'cluster-secret-file',
] as const;
type PortValues = OptionValues<(typeof PORT_OPTIONS)[number]>;

const MS_PER_DAY = 86_400_000;

/** `null`: clients are served in the open. */
export function clientPortTls(values: PortValues, log: Log): TlsFiles | null {
  const { 'tls-cert': cert, 'tls-key': key, 'tls-client-ca': ca } = values;
  if (cert === null && key === null && ca === null) return null;
  if (cert === null || key === null) {
    throw usageFailure('--tls-cert and --tls-key belong together, and --tls-client-ca needs both.');
  }
  return filesOf({ cert, key, ...(ca !== null && { ca }) }, 'clients', log);
}

/** `null`: members speak in the open. */
export function peerPortTls(values: PortValues, log: Log): TlsFiles | null {
  const { 'peer-tls-cert': cert, 'peer-tls-key': key, 'peer-tls-ca': ca } = values;
  if (cert === null && key === null && ca === null) return null;
  if (cert === null || key === null || ca === null) {
    throw usageFailure('--peer-tls-cert, --peer-tls-key and --peer-tls-ca belong together.');
  }
  return filesOf({ cert, key, ca }, 'peers', log);
}

/** `null`: members prove none. What is in the file never appears anywhere. */
export function clusterSecret({ 'cluster-secret-file': path }: PortValues): string | null {
  if (path === null) return null;
  const secret = contentOf(path).trim();
  if (secret.length >= SECRET_LENGTH_MIN) return secret;
  throw new CliFailure(
    EXIT.wrongConfiguration,
    `The secret in ${path} has ${secret.length} characters, and needs ${SECRET_LENGTH_MIN} at least. Make one that nobody guesses: openssl rand -hex 32.`,
  );
}

function contentOf(path: string): string {
  try {
    return textInFile(path);
  } catch (error) {
    const why = whyUnreadable(error);
    throw new CliFailure(EXIT.wrongConfiguration, `--cluster-secret-file cannot be read: ${why}.`);
  }
}

interface Paths {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

function filesOf(paths: Paths, port: string, log: Log): TlsFiles {
  const onReload = (reload: TlsReload): void => {
    if (reload.type === 'taken') return tellTaken(reload.endsAt, { port, log });
    const message = `${reload.reason}. The certificate that was in use stays in use.`;
    log('error', 'certificate', { port, message });
  };
  try {
    const files = tlsFiles({ ...paths, onReload });
    tellTaken(files.endsAt, { port, log });
    return files;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliFailure(EXIT.wrongConfiguration, why);
  }
}

function tellTaken(
  endsAt: Date,
  { port, log }: { readonly port: string; readonly log: Log },
): void {
  const days = (endsAt.getTime() - Date.now()) / MS_PER_DAY;
  const fields = { port, endsAt: endsAt.toISOString() };
  if (days > CERTIFICATE_ENDS_SOON_DAYS) return log('info', 'certificate', fields);
  const message =
    days > 0
      ? 'This certificate ends soon: replace its files, which needs no restart.'
      : 'This certificate has expired, and nobody takes it: replace its files, which needs no restart.';
  log('warn', 'certificate', { ...fields, message });
}
