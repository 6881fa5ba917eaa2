/**
 * Who is at the far end, before it says so: the members that its certificate names (TL6), and the one that has proven
 * the cluster's secret (TL7). What it claims in a hello, and whom this end means by its own, has to fit.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { memberUri } from '../core/member-uri.ts';
import type { NodeId } from '../core/types.ts';
import { urisIn } from '../wire/alternative-names.ts';

export class FarEnd {
  readonly #needsCertificate: boolean;
  /** Read once, when the connection is made: what is asked of it later, Node.js may have let go. */
  #names: readonly string[] = [];
  #proven: NodeId | null = null;

  /** `needsCertificate`: both ends have shown one, and it has to name the member. */
  constructor(needsCertificate: boolean) {
    this.#needsCertificate = needsCertificate;
  }

  attach(stream: Socket): void {
    if (!this.#needsCertificate || !(stream instanceof TLSSocket)) return;
    this.#names = urisIn(stream.getPeerX509Certificate()?.subjectAltName ?? '');
  }

  /** It has proven the secret under this name. */
  proven(id: NodeId): void {
    this.#proven = id;
  }

  /** What speaks against its being that member, for both ends; `null`: nothing. */
  readonly impostorText = (id: NodeId): string | null => {
    if (this.#proven !== null && this.#proven !== id) {
      return `${this.#proven} has proven the secret of the cluster, and not ${id}`;
    }
    if (!this.#needsCertificate || this.#names.includes(memberUri(id))) return null;
    return `the certificate shown is not that of ${id}: among its alternative names has to be the URI ${memberUri(id)}`;
  };
}
