/** Asks the routes of a member one by one, and holds each answer against `/openapi.json`. */
import { request as ask } from 'node:http';
import { expect } from 'vitest';
import type { Described } from '../server/http/described.ts';

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Told {
  readonly response: Response;
  readonly text: string;
}

export class AskedRoutes {
  /** What was answered as described: `GET /kv/{key} 404`. */
  readonly seen: Set<string> = new Set();
  readonly #described: Described;
  #url: string;
  #token: string | null = null;
  #last = '';

  constructor(described: Described, url: string) {
    this.#described = described;
    this.#url = url;
  }

  /** From now on another member is asked. */
  at(url: string): void {
    this.#url = url;
  }

  /** From now on this token is shown; `null`: none. */
  as(token: string | null): void {
    this.#token = token;
  }

  /** `line`: method and path. The answer has this status, and is as described. */
  async ask(line: string, how: Asked = {}, status = 200): Promise<void> {
    const told = await this.look(line, how);
    expect([line, told, this.#last]).toEqual([line, status, expect.any(String)]);
  }

  /** The same; any status may come. */
  async look(line: string, how: Asked = {}): Promise<number> {
    const [method = '', path = ''] = line.split(' ');
    const url = `${this.#url}${path}`;
    const shown = this.#token === null ? {} : { authorization: `Bearer ${this.#token}` };
    const headers = { ...shown, ...how.headers };
    const { response, text } = await answerOf(method, url, { ...how, headers });
    const isStream = isEvents(response.headers.get('content-type'));
    const told = isStream ? null : text;
    const sent = { method, url, headers: new Headers(), sent: how.body ?? null };
    expect(this.#described.faultsOf({ ...sent, response, told })).toEqual([]);
    const place = this.#described.placeOf(method, url);
    if (place === null) throw new Error(`${line} is described nowhere`);
    if (isStream) {
      const data: unknown = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '');
      expect(this.#described.faultsOfEvent(place, data)).toEqual([]);
    }
    this.#last = text;
    this.seen.add(`${method} ${place.path} ${response.status}`);
    return response.status;
  }

  /** Of the last answer. */
  field(name: string): string {
    return String(JSON.parse(this.#last)[name]);
  }
}

export function json(value: unknown): Asked {
  return { body: JSON.stringify(value) };
}

/** Of a stream of events, all through the first data. */
function answerOf(method: string, url: string, { body, headers = {} }: Asked): Promise<Told> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` };
    const options = { method, headers: { ...length, ...headers }, agent: false };
    const request = ask(url, options, (answer) => {
      let text = '';
      const end = (): void => {
        const fields = answer.headersDistinct as Readonly<Record<string, string[]>>;
        const told = Object.entries(fields).map(([name, [value = '']]) => [name, value] as const);
        const init = { status: answer.statusCode ?? 0, headers: Object.fromEntries(told) };
        resolve({ response: new Response(null, init), text });
      };
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (!isEvents(answer.headers['content-type']) || !/^data: .*\n\n/m.test(text)) return;
        end();
        answer.destroy();
      });
      answer.on('end', end);
      // Of a stream that was ended here.
      answer.on('error', () => {});
    });
    request.on('error', reject);
    request.end(body);
  });
}

function isEvents(type: string | null | undefined): boolean {
  return type === 'text/event-stream';
}
