/** What a node stands on, store and transport: opened together before it begins, closed together when it ends. */
import { staticConfiguration } from '../../core/configuration.ts';
import type { NodeId } from '../../core/types.ts';
import type { RecoveredLog } from '../../ports/log-store.ts';
import type { ConnectionListener, PeerConnection } from '../../ports/transport.ts';
import type { Settings } from '../options.ts';

type Accept = (connection: PeerConnection) => ConnectionListener;

export class NodePorts {
  readonly #options: Settings;
  #accept: Accept = notYet;
  #hasOpened = false;
  #settle: (closing: Promise<void>) => void = () => {};
  /** Both are closed. */
  readonly closed = new Promise<void>((resolve) => {
    this.#settle = resolve;
  });

  constructor(options: Settings) {
    this.#options = options;
    this.closed.catch(() => {});
  }

  /** The address first: a start whose address is taken touches no disk (SV26). `storeFailed` hears if the store stops, once it is open. */
  async open(storeFailed: (failure: Error) => void): Promise<RecoveredLog> {
    const { clusterId, id, isJoining, limits, members, store, transport } = this.#options;
    const { frameBytesMax: runBytesMax } = limits;
    const founding = staticConfiguration(
      isJoining === true ? [] : (Object.keys(members) as NodeId[]),
    );
    await transport.listen((connection) => this.#accept(connection));
    this.#hasOpened = true;
    store.onFailure(storeFailed);
    return store.open({ clusterId, nodeId: id, founding, runBytesMax });
  }

  /** Inbound connections go there from now on. */
  serve(accept: Accept): void {
    this.#accept = accept;
  }

  end(): void {
    this.#settle(this.#close());
  }

  async #close(): Promise<void> {
    if (!this.#hasOpened) return;
    const { store, transport } = this.#options;
    const ends = await Promise.allSettled([transport.close(), store.close()]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}

/** A call that comes while the log is proven; the caller tries again in a moment. */
function notYet(connection: PeerConnection): ConnectionListener {
  connection.close('local', 'this node is starting');
  return { onOpen: () => {}, onHello: () => {}, onMessage: () => {}, onClose: () => {} };
}
