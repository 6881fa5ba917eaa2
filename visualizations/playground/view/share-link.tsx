/** The run as a link: whoever opens it sees the same, at the same event. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RunDescription } from '../run/run.ts';
import { linkOf } from '../run/run-link.ts';

interface ShareProps {
  readonly run: RunDescription;
  /** Where it stands. */
  readonly step: number;
}

export function ShareLink({ run, step }: ShareProps): JSX.Element {
  const link = new URL(`#${linkOf(run, step)}`, location.href).href;
  const [copied, setCopied] = useState('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(link);
    } catch {
      // The browser lets no page write there without permission: the field can still be copied by hand.
      setCopied('');
    }
  };
  return (
    <div class="share">
      <label class="wide">
        link to this run{' '}
        <input readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <button type="button" onClick={() => void copy()}>
        {copied === link ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
