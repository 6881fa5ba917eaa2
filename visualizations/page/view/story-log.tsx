/** What happened, in sentences, the newest first; each leads to its place. The newest is also said aloud, politely. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Session } from '../session/session.ts';
import type { Moment } from '../session/story.ts';
import { clockTime } from '../words/clock-time.ts';

/** Bound: sentences on the page; older ones are reached through the timeline. */
const SENTENCES_MAX = 80;
/** How often it is spoken at most, in milliseconds: whoever listens cannot skip. */
const SPOKEN_MS = 1_500;

export function StoryLog({ session }: { readonly session: Session }): JSX.Element {
  const { place, isLive } = session.steady.value;
  const known = session.outline.value.moments;
  const told = isLive ? known : known.filter((moment) => moment.place <= place);
  const newest = told.slice(-SENTENCES_MAX).reverse();
  return (
    <section class="panel story" aria-label="What happened">
      <h2>What happened</h2>
      <Spoken moment={newest[0] ?? null} />
      <ol reversed>
        {newest.map((moment) => (
          <li key={moment.place} class={`is-${moment.sentence.kind}`}>
            <button type="button" onClick={() => session.goTo(moment.place)}>
              <time>{clockTime(moment.at)}</time> <span>{moment.sentence.text}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Spoken({ moment }: { readonly moment: Moment | null }): JSX.Element {
  const [spoken, speak] = useState('');
  const text = moment?.sentence.text ?? '';
  useEffect(() => {
    const pause = setTimeout(() => speak(text), SPOKEN_MS);
    return () => clearTimeout(pause);
  }, [text]);
  return (
    <p class="unseen" aria-live="polite">
      {spoken}
    </p>
  );
}
