/** Bytes over a bare socket, as no well-behaved client would send or take them. */
import { connect, type Socket } from 'node:net';
import { cleanUp } from '../clean-up.ts';

export interface Stranger {
  readonly socket: Socket;
  /** All that it was told so far. */
  readonly heard: () => string;
  /** The same, once the connection is over. */
  readonly told: Promise<string>;
}

interface Manner {
  /** Until its socket is resumed. */
  readonly readsNothing?: boolean;
  /** Not even when the other side does. */
  readonly neverCloses?: boolean;
}

/** Connects and says `text`. */
export async function stranger(port: number, text = '', manner: Manner = {}): Promise<Stranger> {
  const { readsNothing = false, neverCloses = false } = manner;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: neverCloses });
  cleanUp(() => socket.destroy());
  let heard = '';
  socket.setEncoding('latin1').on('data', (more: string) => {
    heard += more;
  });
  if (readsNothing) socket.pause();
  socket.on('error', () => {});
  const told = new Promise<string>((resolve) => socket.once('close', () => resolve(heard)));
  await new Promise((open) => socket.once('connect', open));
  socket.write(text);
  return { socket, heard: () => heard, told };
}
