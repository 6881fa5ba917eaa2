/** Certificates for a test, made by the `openssl` command, since Node can read but not make them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

export function isOpensslPresent(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A certificate for 127.0.0.1 under an authority of its own. */
export function makeCertificate(): Certificate {
  const directory = mkdtempSync(join(tmpdir(), 'raftchart-tls-'));
  const run = (line: string): void => {
    execFileSync('openssl', line.split(' '), { cwd: directory, stdio: 'ignore' });
  };
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  try {
    writeFileSync(join(directory, 'names.cnf'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
    run(`req -x509 ${key} -keyout ca.key -out ca.pem -subj /CN=authority -days 2`);
    run(`req ${key} -keyout node.key -out node.csr -subj /CN=node`);
    run(
      'x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names.cnf -out node.pem',
    );
    const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
    return { key: read('node.key'), cert: read('node.pem'), ca: read('ca.pem') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
