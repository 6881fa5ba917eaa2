/**
 * `setup.json`: what a server says of itself before the page begins, whose records there are, where, and what may be
 * done. Servers and demos write it, the page reads it.
 */

export interface PageSetup {
  /** `demo`: the processes can be killed and started by hand. */
  readonly mode: 'demo' | 'serve';
  /** Names of the nodes, so that one that was never heard is shown as well. */
  readonly nodes: readonly string[];
  readonly streams: readonly StreamPlace[];
}

interface StreamPlace {
  /** Relative to the page. */
  readonly url: string;
  /** Whose records come from there; `null`: of several nodes, and the stream itself says who is gone. */
  readonly node: string | null;
}
