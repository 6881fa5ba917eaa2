/** Remembers every command with the time that it was told; a snapshot has one chunk for each. */
import type { CommittedCommand, MachineSnapshot } from '../../src/ports/state-machine.ts';
import { ListMachine } from '../../src/testing/virtual-cluster.ts';

export class KeptList extends ListMachine {
  /** What `apply` was called with in this life: commands that a snapshot held are not among them. */
  readonly given: string[] = [];
  readonly times: number[] = [];
  /** Views that were not let go yet. */
  views = 0;
  /** Thrown by what is asked for next. */
  fault: Error | null = null;

  override apply(batch: readonly CommittedCommand[]): readonly number[] {
    for (const { data, timeMs } of batch) {
      this.given.push(new TextDecoder().decode(data));
      this.times.push(timeMs);
    }
    return super.apply(batch);
  }

  snapshot(): MachineSnapshot {
    const texts = [...this.applied];
    const fault = this.fault;
    let isHeld = true;
    this.views += 1;
    return {
      *chunks() {
        yield new Uint8Array([texts.length]);
        if (fault !== null) throw fault;
        for (const text of texts) yield new TextEncoder().encode(text);
      },
      release: () => {
        if (isHeld) this.views -= 1;
        isHeld = false;
      },
    };
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const texts: string[] = [];
    let count: number | undefined;
    for await (const chunk of chunks) {
      if (count === undefined) count = chunk[0];
      else texts.push(new TextDecoder().decode(chunk));
    }
    if (count !== texts.length) throw new Error('not all of it');
    this.applied.splice(0, this.applied.length, ...texts);
  }
}
