/** A key and its value, to be written through the chosen node. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

interface WriteProps {
  /** `null`: none is chosen, and nothing can be written. */
  readonly node: string | null;
  readonly write: (key: string, value: string) => void;
}

const CHARACTERS_MAX = 200;

export function WriteForm({ node, write }: WriteProps): JSX.Element {
  const [key, setKey] = useState('hello');
  const [value, setValue] = useState('world');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        write(key, value);
      }}
    >
      <label>
        key{' '}
        <input
          value={key}
          required
          maxLength={CHARACTERS_MAX}
          onInput={({ currentTarget }) => setKey(currentTarget.value)}
        />
      </label>
      <label>
        value{' '}
        <input
          value={value}
          maxLength={CHARACTERS_MAX}
          onInput={({ currentTarget }) => setValue(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={node === null}>
        Write via {node ?? 'a node'}
      </button>
    </form>
  );
}
