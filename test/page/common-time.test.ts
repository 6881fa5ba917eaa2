/** The nodes of a page that are on machines whose clocks disagree. */
import { afterEach, expect, it, vi } from 'vitest';
import { Session } from '../../visualizations/page/session/session.ts';
import { eventSource } from '../../visualizations/page/stream/event-source.ts';
import type { PageRecord } from '../../visualizations/page/stream/page-record.ts';
import { BEGIN, leaderView, message, step, view } from './told.ts';

const HOUR_MS = 3_600_000;
const NODES = ['n1', 'n2'];

/** As a browser has them, by their addresses. */
class Stream {
  static readonly open = new Map<string, Stream>();
  readonly #listeners = new Map<string, (event: { data: string }) => void>();

  constructor(url: string) {
    Stream.open.set(url, this);
  }

  addEventListener(name: string, listener: (event: { data: string }) => void): void {
    this.#listeners.set(name, listener);
  }

  tell(record: PageRecord): void {
    const name = record.type === 'transition' ? 'message' : record.type;
    this.#listeners.get(name)?.({ data: JSON.stringify(record) });
  }

  close(): void {}
}

afterEach(() => {
  vi.unstubAllGlobals();
});

/** `ahead`: by how much the clock of n2 is before that of n1, in milliseconds. */
function pageOfTwo(ahead: number) {
  vi.stubGlobal('EventSource', Stream);
  let now = 0;
  const heard: PageRecord[] = [];
  const streams = NODES.map((node) => ({ url: `../inspect?node=${node}`, node }));
  const session = new Session({ heard: () => {}, now: () => BEGIN + now });
  const source = eventSource(
    { nodes: NODES, streams },
    { time: () => BEGIN + 7_000_000 + now, every: () => () => {} },
  );
  source.subscribe((record) => {
    heard.push(record);
    session.hear(record);
  });
  const leads: Record<string, number> = { n2: ahead };
  /** Told at the time that the record has, to arrive a little later. */
  const tell = (node: string, record: PageRecord, lateMs = 2): void => {
    now = record.at - BEGIN + lateMs;
    const by = leads[node] ?? 0;
    const at = record.at + by;
    const own = record.type === 'view' ? { ...record, view: timersBy(record.view, by) } : record;
    Stream.open.get(`../inspect?node=${node}`)?.tell({ ...own, at } as PageRecord);
  };
  return { heard, session, tell };
}

function timersBy<
  View extends { readonly timers: readonly { startedAt: number; endsAt: number }[] },
>(known: View, by: number): View {
  const timers = known.timers.map((timer) => ({
    ...timer,
    startedAt: timer.startedAt + by,
    endsAt: timer.endsAt + by,
  }));
  return { ...known, timers };
}

const TIMER = { actor: 'raft', name: 'electionTimeoutMinimum' };

for (const ahead of [HOUR_MS, -HOUR_MS]) {
  it(`[LP13] shows one story of two nodes whose clocks are an hour apart (${ahead})`, () => {
    const { heard, session, tell } = pageOfTwo(ahead);
    const timers = [{ ...TIMER, startedAt: BEGIN + 15, endsAt: BEGIN + 315 }];
    tell('n1', leaderView('n1', 10));
    tell('n2', view('n2', 20, { timers }));
    tell('n1', message('sent', ['n1', 'n2'], 30));
    tell('n2', message('received', ['n1', 'n2'], 31));
    tell(
      'n2',
      step('n2', 340, { event: 'link.closed', from: 'follower.loyal', to: 'follower.suspicious' }),
    );
    tell('n1', leaderView('n1', 350));
    expect(heard.map(({ at }) => at - BEGIN)).toEqual([10, 20, 30, 31, 340, 350]);
    const { scene, startedAt } = session.story;
    expect([startedAt - BEGIN, scene.at - BEGIN]).toEqual([10, 350]);
    expect(heard[1]?.type === 'view' && heard[1].view.timers).toEqual(timers);
    expect(scene.nodes.get('n2')?.leaderHeardAt).toBe(BEGIN + 31);
    expect(session.story.placeAt(BEGIN + 31)).toBe(4);
  });
}

it('[LP13] believes clocks that are nearly the same, however late what they say comes', () => {
  const { heard, tell } = pageOfTwo(-300);
  tell('n1', leaderView('n1', 10));
  tell('n2', view('n2', 400));
  tell('n1', message('sent', ['n1', 'n2'], 900), 600);
  tell('n2', message('received', ['n1', 'n2'], 1_500));
  expect(heard.map(({ at }) => at - BEGIN)).toEqual([10, 100, 900, 1_200]);
});

it('[LP13] a node whose clock is set meanwhile stays in the same story', () => {
  const { heard, tell } = pageOfTwo(0);
  for (let at = 0; at < 3_000; at += 100) {
    tell('n1', leaderView('n1', at));
    tell('n2', view('n2', at + 50));
  }
  const before = heard.length;
  for (let at = 3_000; at < 9_000; at += 100) {
    tell('n1', leaderView('n1', at));
    const set = view('n2', at + 50);
    tell('n2', { ...set, at: set.at - 5_000 }, 5_002);
  }
  const [first] = heard.slice(before).filter(({ node }) => node === 'n2');
  const last = heard.filter(({ node }) => node === 'n2').at(-1);
  expect((first?.at ?? 0) - BEGIN).toBe(3_050 - 5_000);
  expect((last?.at ?? 0) - BEGIN).toBe(8_950);
});
