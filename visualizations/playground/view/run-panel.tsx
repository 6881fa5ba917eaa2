/** What is run: a cluster of one's own, a play, or a seed of the simulator; and its link. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { LinkError } from '../run/link-text.ts';
import { type ClusterRun, DEFAULT_CLUSTER, FIRST_SEED, type RunDescription } from '../run/run.ts';
import { runFrom } from '../run/run-link.ts';
import { listPlays, type PlayTitle } from '../session/plays.ts';
import type { Projector } from '../session/projector.ts';
import { ShareLink } from './share-link.tsx';

type Kind = RunDescription['kind'];

/** Beside a form of another kind: what is shown meanwhile. */
const OTHER: Readonly<Record<Kind, string>> = {
  cluster: 'Below is still a cluster of your own.',
  play: 'Below is still a play, with a cast of its own.',
  seed: 'Below is still a seed of the simulator, with a cast of its own.',
};

const KINDS: readonly (readonly [Kind, string])[] = [
  ['cluster', 'A cluster of your own'],
  ['play', 'A play'],
  ['seed', 'A seed of the simulator'],
];

export function RunPanel({ projector }: { readonly projector: Projector }): JSX.Element {
  const run = projector.run.value;
  const [kind, setKind] = useState<Kind>(run.kind);
  useEffect(() => setKind(run.kind), [run]);
  const open = (next: RunDescription): void => void projector.begin(next);
  return (
    <section class="panel runs" aria-label="What is run">
      <fieldset class="scheme">
        <legend class="unseen">What is run</legend>
        {KINDS.map(([each, word]) => (
          <label key={each}>
            <input
              type="radio"
              name="kind"
              class="unseen"
              checked={kind === each}
              onChange={() => setKind(each)}
            />
            <span>{word}</span>
          </label>
        ))}
      </fieldset>
      {kind !== run.kind && <p class="soft">{OTHER[run.kind]}</p>}
      {kind === 'cluster' && (
        <ClusterForm run={run.kind === 'cluster' ? run : DEFAULT_CLUSTER} open={open} />
      )}
      {kind === 'play' && <PlayForm run={run} open={open} />}
      {kind === 'seed' && <SeedForm run={run} open={open} />}
      <ShareLink run={run} step={projector.standing.value.step} />
    </section>
  );
}

type Open = (run: RunDescription) => void;

const FIELDS: readonly (readonly [keyof ClusterRun & string, string])[] = [
  ['electionTimeoutMinMs', 'election timeout from, ms'],
  ['electionTimeoutMaxMs', 'to, ms'],
  ['heartbeatIntervalMs', 'heartbeat every, ms'],
  ['latencyMs', 'a message takes, ms'],
  ['jitterMs', 'and up to so much more, ms'],
  ['seed', 'seed'],
];

interface FieldProps {
  readonly name: keyof ClusterRun & string;
  readonly word: string;
  readonly run: ClusterRun;
}

function Field({ name, word, run }: FieldProps): JSX.Element {
  return (
    <label>
      {word} <input name={name} defaultValue={String(run[name])} size={6} />
    </label>
  );
}

interface ClusterProps {
  readonly run: ClusterRun;
  readonly open: Open;
}

function ClusterForm({ run, open }: ClusterProps): JSX.Element {
  const [answer, setAnswer] = useState('');
  const begin = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const fields = [...given].map(([name, value]) => [name, String(value)]);
    try {
      open(runFrom(new URLSearchParams(fields).toString()));
      setAnswer('');
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      setAnswer(error.message);
    }
  };
  return (
    <form key={JSON.stringify({ ...run, deeds: [] })} onSubmit={begin}>
      <Field name="nodes" word="nodes" run={run} />
      <details>
        <summary>times and seed</summary>
        {FIELDS.map(([name, word]) => (
          <Field key={name} name={name} word={word} run={run} />
        ))}
      </details>
      <button type="submit">Begin anew</button>
      <p class="answer" role="status">
        {answer}
      </p>
    </form>
  );
}

interface FormProps {
  readonly run: RunDescription;
  readonly open: Open;
}

function PlayForm({ run, open }: FormProps): JSX.Element {
  const [plays, setPlays] = useState<readonly PlayTitle[]>([]);
  const [first, setFirst] = useState('Choose a story');
  useEffect(() => {
    listPlays().then(setPlays, () => setFirst('The stories could not be fetched'));
  }, []);
  const chapters = new Map<string, PlayTitle[]>();
  for (const play of plays) {
    const [chapter = ''] = play.name.split('/');
    chapters.set(chapter, [...(chapters.get(chapter) ?? []), play]);
  }
  return (
    <label class="wide">
      play{' '}
      <select
        value={run.kind === 'play' ? run.name : ''}
        onChange={({ currentTarget: { value: name } }) => {
          if (name !== '') open({ kind: 'play', name });
        }}
      >
        <option value="">{first}</option>
        {[...chapters].map(([chapter, titles]) => (
          <optgroup key={chapter} label={chapter}>
            {titles.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

/** As `npm run simulate` prints it, in whatever is around it. */
const SEED_LINE = /seed=(\S+) version=(\d+)/;

function SeedForm({ run, open }: FormProps): JSX.Element {
  const shown = run.kind === 'seed' ? run : FIRST_SEED;
  const line = `seed=${shown.seed} version=${shown.version}`;
  const [answer, setAnswer] = useState('');
  const begin = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement).get('line');
    const [, seed = '', version = ''] = SEED_LINE.exec(String(given)) ?? [];
    try {
      if (seed === '') throw new LinkError(`Such a line is seed=7 version=${FIRST_SEED.version}.`);
      open(runFrom(new URLSearchParams({ seed, version }).toString()));
      setAnswer('');
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      setAnswer(error.message);
    }
  };
  return (
    <form key={line} onSubmit={begin}>
      <label class="wide">
        the line <input name="line" defaultValue={line} size={28} required />
      </label>
      <button type="submit">Watch it</button>
      <p class="answer" role="status">
        {answer}
      </p>
    </form>
  );
}
