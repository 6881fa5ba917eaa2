/** Who listens in a test of transports, and what it hears on each connection that comes in. */
import type { Transport } from '../../src/ports/transport.ts';
import { Recorder } from '../../src/testing/contracts/recorder.ts';

interface Reception {
  readonly address: string;
  /** One for each connection, in order. */
  readonly accepted: readonly Recorder[];
}

/** Listens; each connection gets a hearer of its own. */
export async function receive(transport: Transport, Hearer = Recorder): Promise<Reception> {
  const accepted: Recorder[] = [];
  const address = await transport.listen((connection) => {
    const hearer = new Hearer();
    hearer.connection = connection;
    accepted.push(hearer);
    return hearer;
  });
  return { address, accepted };
}
