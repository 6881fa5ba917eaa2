/** Certificates and keys, as texts in PEM: what either end of a connection is given, and where new ones come from. */

/** Of one end that is called, or of a member, which both calls and is called. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  /** Of whom the certificate of the other end has to be. */
  readonly ca?: string;
}

/** Of a client, in PEM: whom it trusts, and who it is. */
export interface ClientTls {
  /** The authorities that may have signed a server's certificate; not given: those that Node.js brings along. */
  readonly ca?: string;
  /** Shown to a server that wants a certificate; with its `key`. */
  readonly cert?: string;
  readonly key?: string;
}

/** What may be replaced while it is used: new connections get what is current. */
export interface TlsSource {
  readonly current: TlsMaterial;
  /** Returns how to take it back. */
  onChange(listener: () => void): () => void;
}
