/**
 * All that happened, kept so that any place can be had again: the records in chapters, and the scene before each
 * chapter. Places are numbered from 1 and keep their numbers when the oldest chapter is forgotten.
 */
import { CHAPTER_RECORDS, CHAPTERS_MAX } from '../fold/limits.ts';
import { reduce } from '../fold/reduce.ts';
import { EMPTY_SCENE, type Scene, type ShownRole, shownRole } from '../fold/scene.ts';
import type { PageRecord } from '../stream/page-record.ts';
import type { Sentence } from '../words/said.ts';
import { sentenceOf } from '../words/sentence.ts';

interface Chapter {
  readonly before: Scene;
  readonly records: PageRecord[];
  readonly moments: Moment[];
  readonly spans: Span[];
}

/** Something worth a sentence. */
export interface Moment {
  readonly place: number;
  readonly at: number;
  readonly sentence: Sentence;
}

/** From here on, a node is this. */
export interface Span {
  readonly at: number;
  readonly node: string;
  readonly role: ShownRole;
  readonly term: number;
}

export class Story {
  #chapters: Chapter[];
  #scene: Scene;
  /** Places already folded again, for whoever steps there next. */
  #recalled: Scene | null = null;

  constructor(start: Scene = EMPTY_SCENE) {
    this.#chapters = [chapterAfter(start)];
    this.#scene = start;
  }

  /** After all that was told. */
  get scene(): Scene {
    return this.#scene;
  }

  /** The first place that is still known: before its first record. */
  get first(): number {
    return this.#chapters[0]?.before.count ?? 0;
  }

  get last(): number {
    return this.#scene.count;
  }

  get moments(): readonly Moment[] {
    return this.#chapters.flatMap(({ moments }) => moments);
  }

  get spans(): readonly Span[] {
    return this.#chapters.flatMap(({ spans }) => spans);
  }

  /** When the known part begins. */
  get startedAt(): number {
    return this.#chapters[0]?.records[0]?.at ?? 0;
  }

  tell(record: PageRecord): void {
    const before = this.#scene;
    this.#scene = reduce(before, record);
    const chapter = this.#open(before);
    chapter.records.push(record);
    const span = spanBetween(before, this.#scene, record.node);
    if (span !== null) chapter.spans.push(span);
    const sentence = sentenceOf(before, record, this.#scene);
    if (sentence === null) return;
    chapter.moments.push({ place: this.#scene.count, at: this.#scene.at, sentence });
  }

  /** The scene after `place` records; the nearest that is known. */
  sceneAt(place: number): Scene {
    if (place >= this.last) return this.#scene;
    const chapter = this.#chapterAt(place);
    if (chapter === null) return this.#chapters[0]?.before ?? EMPTY_SCENE;
    const near = this.#recalled;
    const isNear = near !== null && near.count >= chapter.before.count && near.count <= place;
    const start = isNear ? near : chapter.before;
    const from = start.count - chapter.before.count;
    const records = chapter.records.slice(from, place - chapter.before.count);
    this.#recalled = records.reduce(reduce, start);
    return this.#recalled;
  }

  /** The last place that was reached at this time. */
  placeAt(at: number): number {
    const chapter = this.#chapters.findLast(({ before }) => before.at <= at) ?? this.#chapters[0];
    if (chapter === undefined) return 0;
    const after = chapter.records.findIndex((record) => record.at > at);
    return chapter.before.count + (after === -1 ? chapter.records.length : after);
  }

  #chapterAt(place: number): Chapter | null {
    return this.#chapters.findLast(({ before }) => before.count < place) ?? null;
  }

  /** Bound: the oldest chapter is forgotten. */
  #open(scene: Scene): Chapter {
    const open = this.#chapters.at(-1);
    if (open !== undefined && open.records.length < CHAPTER_RECORDS) return open;
    const next = chapterAfter(scene);
    this.#chapters.push(next);
    if (this.#chapters.length > CHAPTERS_MAX) this.#forgetOldest();
    return next;
  }

  /** What each node is goes on over the gap. */
  #forgetOldest(): void {
    const gone = this.#chapters.shift();
    const newest = new Map(gone?.spans.map((span) => [span.node, span]));
    this.#chapters[0]?.spans.unshift(...newest.values());
  }
}

function chapterAfter(before: Scene): Chapter {
  return { before, records: [], moments: [], spans: [] };
}

function spanBetween(before: Scene, after: Scene, id: string | null): Span | null {
  if (id === null) return null;
  const [old, now] = [before.nodes.get(id), after.nodes.get(id)];
  if (now === undefined || old === now) return null;
  const role = shownRole(now);
  const term = now.view?.term ?? 0;
  const isSame = old !== undefined && shownRole(old) === role && (old.view?.term ?? 0) === term;
  return isSame ? null : { at: after.at, node: id, role, term };
}
