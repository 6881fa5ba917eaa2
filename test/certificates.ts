/** Certificates of every kind that a test needs, made as it runs: none lies in the repository, and none expires there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Authority,
  issue,
  makeAuthority,
  type Period,
} from '../src/cli/certificates/issuing.ts';
import { memberUri } from '../src/core/member-uri.ts';
import { nodeId } from '../src/core/types.ts';
import { cleanUp } from './clean-up.ts';

const HOUR_MS = 3_600_000;

/** From so many hours from now to so many. */
export function hours(from: number, to: number): Period {
  const now = Date.now();
  return { from: new Date(now + from * HOUR_MS), to: new Date(now + to * HOUR_MS) };
}

const VALID = hours(-1, 1000);

/** That of the cluster, and one of strangers. */
export const OURS: Authority = makeAuthority('ours', VALID);
export const FOREIGN: Authority = makeAuthority('foreign', VALID);

/** Of one end, in PEM. */
export interface Material {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

interface Wanted {
  readonly authority?: Authority;
  readonly period?: Period;
  /** `127.0.0.1` unless given. */
  readonly altNames?: readonly string[];
}

/** It trusts the cluster's authority, whoever has signed its own. */
export function certificate(wanted: Wanted = {}): Material {
  const { authority = OURS, period = VALID, altNames = ['127.0.0.1'] } = wanted;
  return { ...issue(authority, { name: 'test', period, altNames }), ca: OURS.cert };
}

/** Of a member, by its name, at no host in particular. */
export function memberCertificate(id: string, wanted: Omit<Wanted, 'altNames'> = {}): Material {
  return certificate({ ...wanted, altNames: [memberUri(nodeId(id))] });
}

interface Files {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Other content, as a program that renews certificates puts it there. */
  write(material: Material): void;
}

/** The same in files, removed after the test. */
export function inFiles(material: Material): Files {
  const directory = mkdtempSync(join(tmpdir(), 'raftchart-tls-'));
  cleanUp(() => rmSync(directory, { recursive: true, force: true }));
  const [cert, key, ca] = ['cert', 'key', 'ca'].map((name) => join(directory, `${name}.pem`));
  if (cert === undefined || key === undefined || ca === undefined) throw new Error('three names');
  const write = (content: Material): void => {
    writeFileSync(cert, content.cert);
    writeFileSync(key, content.key);
    writeFileSync(ca, content.ca);
  };
  write(material);
  return { cert, key, ca, write };
}
