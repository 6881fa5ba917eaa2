/** Sockets with a bug between them and whoever holds them: what is sent or heard is changed on the way. */
import type { ClientReply, ClientRequest } from '../../../../src/client-protocol/frame-shapes.ts';
import { decodeReplies, encodeReplies } from '../../../../src/client-protocol/reply-frame.ts';
import { decodeRequests, encodeRequests } from '../../../../src/client-protocol/request-frame.ts';
import type { FrameSocket, FrameSocketListener } from '../../../../src/ports/frame-socket.ts';

/** A socket that does as another does, but for what a test says. */
export function socketLike(socket: FrameSocket, changes: Partial<FrameSocket>): FrameSocket {
  return {
    get isOpen() {
      return socket.isOpen;
    },
    get bufferedBytes() {
      return changes.bufferedBytes ?? socket.bufferedBytes;
    },
    listen: changes.listen ?? ((listener) => socket.listen(listener)),
    send: changes.send ?? ((frame, taken) => socket.send(frame, taken)),
    ping: () => socket.ping(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}

/** The client hears other replies than the server gave. */
export function hearing(change: (reply: ClientReply) => readonly ClientReply[]) {
  return (socket: FrameSocket): FrameSocket => {
    const listen = (listener: FrameSocketListener): void =>
      socket.listen({
        onFrame: (frame) => {
          const replies = decodeReplies(frame);
          if (typeof replies === 'string') throw new Error(replies);
          const changed = replies.flatMap(change);
          if (changed.length > 0) listener.onFrame(encodeReplies(changed));
        },
        onPong: () => listener.onPong(),
        onBroken: (why) => listener.onBroken(why),
        onClose: (why) => listener.onClose(why),
      });
    return socketLike(socket, { listen });
  };
}

/** The server hears other requests than the client made. */
export function saying(change: (request: ClientRequest) => readonly ClientRequest[]) {
  return (socket: FrameSocket): FrameSocket =>
    socketLike(socket, {
      send: (frame, taken) => {
        const requests = decodeRequests(frame);
        if (typeof requests === 'string') throw new Error(requests);
        socket.send(encodeRequests(requests.flatMap(change)), taken);
      },
    });
}
