/** The certificates that `serve` is given in files: read before anything starts, and again when they change (TL2, TL5). */
import type { Log } from '../../server/operations/json-log.ts';
import { type TlsFiles, type TlsReload, tlsFiles } from '../../wire/tls-files.ts';
import { CliFailure, usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { CERTIFICATE_ENDS_SOON_DAYS } from '../limits.ts';
import type { OptionValues } from '../options/option-table.ts';

export const CLIENT_PORT_TLS_OPTIONS = ['tls-cert', 'tls-key', 'tls-client-ca'] as const;
type ClientPortValues = OptionValues<(typeof CLIENT_PORT_TLS_OPTIONS)[number]>;

const MS_PER_DAY = 86_400_000;

/** `null`: clients are served in the open. */
export function clientPortTls(values: ClientPortValues, log: Log): TlsFiles | null {
  const { 'tls-cert': cert, 'tls-key': key, 'tls-client-ca': ca } = values;
  if (cert === null && key === null && ca === null) return null;
  if (cert === null || key === null) {
    throw usageFailure('--tls-cert and --tls-key belong together, and --tls-client-ca needs both.');
  }
  return filesOf({ cert, key, ...(ca !== null && { ca }) }, 'clients', log);
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
