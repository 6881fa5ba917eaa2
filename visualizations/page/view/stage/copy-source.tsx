/** The source of the chart in one click: a visualizer takes it as it is. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

interface Copied {
  readonly chart: string;
  readonly words: string;
}

export function CopySource({ chart }: { readonly chart: string }): JSX.Element {
  const [copied, setCopied] = useState<Copied | null>(null);
  const copy = async (): Promise<void> => setCopied({ chart, words: await copySource(chart) });
  return (
    <p class="copy">
      <button type="button" onClick={() => void copy()}>
        Copy the source of this chart
      </button>{' '}
      <span role="status">
        {copied?.chart === chart ? copied.words : 'to click through it in Stately’s Sketch'}
      </span>
    </p>
  );
}

async function copySource(chart: string): Promise<string> {
  try {
    const answer = await fetch(`sources/${chart}.txt`);
    if (!answer.ok) throw new Error(`there is no source of ${chart}`);
    await navigator.clipboard.writeText(await answer.text());
    return 'Copied: paste it into the code panel of Stately’s Sketch.';
  } catch {
    return `The browser keeps its clipboard closed: machines/${chart}.machine.ts in the package is the same text.`;
  }
}
