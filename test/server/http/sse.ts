/** Reads a stream of server-sent events, as the HTML standard says, one block at a time; cancelled after the test. */
import { cleanUp } from '../../clean-up.ts';

interface SseBlock {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string | null;
  readonly comment: string | null;
}

interface SseReader {
  /** The next block; `null` at the end of the stream. */
  next(): Promise<SseBlock | null>;
  /** The next block with data. */
  nextData(): Promise<SseBlock>;
  cancel(): Promise<void>;
}

export function readSse(response: Response): SseReader {
  const reader = (response.body ?? new ReadableStream()).getReader();
  const decoder = new TextDecoder();
  let text = '';
  async function next(): Promise<SseBlock | null> {
    while (!text.includes('\n\n')) {
      const { done, value } = await reader.read();
      if (done) return null;
      text += decoder.decode(value, { stream: true });
    }
    const end = text.indexOf('\n\n');
    const block = text.slice(0, end);
    text = text.slice(end + 2);
    return parse(block);
  }
  async function nextData(): Promise<SseBlock> {
    for (;;) {
      const block = await next();
      if (block === null) throw new Error('the stream ended');
      if (block.data !== null) return block;
    }
  }
  // Of a stream that has failed by then nothing is left to cancel.
  cleanUp(() => reader.cancel().catch(() => {}));
  return { next, nextData, cancel: () => reader.cancel() };
}

function parse(block: string): SseBlock {
  const found = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    const before = found.get(name);
    found.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return {
    id: found.get('id') ?? null,
    event: found.get('event') ?? null,
    data: found.get('data') ?? null,
    comment: found.get('') ?? null,
  };
}
