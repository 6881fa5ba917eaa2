/** What of a server's options may change while it runs: each is looked at when it is needed, and never copied (CG5). */
import type { Retention } from '../kv/store/retention.ts';
import { ServedHosts } from './admission/host-check.ts';
import type { ServerLimits } from './limits.ts';

/** What may be another while the server runs. */
export interface Adjustable {
  readonly allowHosts: readonly string[];
  readonly retention: Retention;
  readonly logsRequests: boolean;
  readonly valueBytesMax: number;
}

interface Configured extends Omit<Adjustable, 'valueBytesMax'> {
  readonly serverLimits: ServerLimits;
  /** Under the hosts of these it is known without being told. */
  readonly listen: { readonly host: string };
  readonly clientUrl?: string | null;
  readonly peerListen: string;
  readonly peers: ReadonlyMap<string, string> | null;
}

export class Settings {
  readonly hosts: ServedHosts;
  readonly limits: ServerLimits;
  readonly retention: Retention;
  readonly #ownHosts: readonly string[];
  #logsRequests: boolean;

  constructor(options: Configured) {
    const { allowHosts, clientUrl = null, listen, logsRequests } = options;
    const { peerListen, peers, retention, serverLimits } = options;
    const addresses = [peerListen, ...(peers ?? new Map()).values()];
    const peerHosts = addresses.map((address) => address.slice(0, address.lastIndexOf(':')));
    const toldHosts = clientUrl === null ? [] : [new URL(clientUrl).hostname];
    this.#ownHosts = [listen.host, ...toldHosts, ...peerHosts];
    this.hosts = new ServedHosts([...this.#ownHosts, ...allowHosts]);
    this.limits = { ...serverLimits };
    this.retention = { ...retention };
    this.#logsRequests = logsRequests;
  }

  get logsRequests(): boolean {
    return this.#logsRequests;
  }

  adjust({ allowHosts, logsRequests, retention, valueBytesMax }: Adjustable): void {
    this.hosts.serve([...this.#ownHosts, ...allowHosts]);
    Object.assign(this.limits, { valueBytesMax });
    Object.assign(this.retention, retention);
    this.#logsRequests = logsRequests;
  }
}
