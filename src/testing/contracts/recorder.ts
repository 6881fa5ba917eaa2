/**
 * Listens to one end of a connection and remembers what it heard, in order. It also watches the rules that
 * hold for every listener: nothing during a call to the connection, nothing after `onClose` (TR10).
 */
import type { EntryRun } from '../../core/entry-run.ts';
import type { Hello } from '../../core/hello.ts';
import type { Message } from '../../core/message.ts';
import type {
  CloseReason,
  ConnectionListener,
  PeerConnection,
  Transport,
} from '../../ports/transport.ts';

type Heard =
  | { readonly type: 'open' }
  | { readonly type: 'hello'; readonly hello: Hello }
  | { readonly type: 'message'; readonly message: Message; readonly runs: readonly EntryRun[] }
  | { readonly type: 'close'; readonly reason: CloseReason };

const DEADLINE_MS = 10_000;

export class Recorder implements ConnectionListener {
  readonly heard: Heard[] = [];
  /** Broken rules of the listener contract; always empty. */
  readonly complaints: string[] = [];
  /** Called after each event is noted, from inside the event. */
  react: (heard: Heard) => void = () => {};
  /** Set once the recorder has a connection; calls through it are watched. */
  connection: PeerConnection | null = null;
  #isCalling = false;
  #wake: () => void = () => {};

  onOpen(): void {
    this.#note({ type: 'open' });
  }

  onHello(hello: Hello): void {
    this.connection?.release();
    this.#note({ type: 'hello', hello });
  }

  onMessage(message: Message, runs: readonly EntryRun[]): void {
    this.#note({ type: 'message', message, runs });
  }

  onClose(reason: CloseReason): void {
    this.#note({ type: 'close', reason });
  }

  /** Calls the connection; an event during the call is a complaint. */
  call<Result>(deed: (connection: PeerConnection) => Result): Result {
    if (this.connection === null) throw new Error('the recorder has no connection');
    this.#isCalling = true;
    try {
      return deed(this.connection);
    } finally {
      this.#isCalling = false;
    }
  }

  sayHello(hello: Hello): void {
    this.call((connection) => connection.sendHello(hello));
  }

  /** Whether the connection took it. */
  send(message: Message, runs: readonly EntryRun[] = []): boolean {
    return this.call((connection) => connection.send(message, runs));
  }

  messages(): readonly Message[] {
    return this.heard.flatMap((heard) => (heard.type === 'message' ? [heard.message] : []));
  }

  runs(): readonly EntryRun[] {
    return this.heard.flatMap((heard) => (heard.type === 'message' ? heard.runs : []));
  }

  reason(): CloseReason | null {
    const last = this.heard.at(-1);
    return last?.type === 'close' ? last.reason : null;
  }

  async closed(): Promise<CloseReason> {
    await this.until(() => this.reason() !== null);
    return this.reason() ?? { kind: 'local', text: 'unreached' };
  }

  /** Waits until the condition holds; it is tried after every event. */
  async until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`waited in vain; heard ${describe(this.heard)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, DEADLINE_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #note(heard: Heard): void {
    if (this.#isCalling) this.complaints.push(`${heard.type} during a call`);
    if (this.reason() !== null) this.complaints.push(`${heard.type} after the close`);
    this.heard.push(heard);
    this.#wake();
    this.react(heard);
  }
}

export function dial(transport: Transport, address: string): Recorder {
  const recorder = new Recorder();
  recorder.connection = transport.dial(address, recorder);
  return recorder;
}

function describe(heard: readonly Heard[]): string {
  return heard.map((one) => (one.type === 'close' ? JSON.stringify(one.reason) : one.type)).join();
}
