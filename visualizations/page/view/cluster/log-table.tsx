/** The logs as a table: a row for each node, a cell for each entry, coloured by its term, with the term in it. */
import type { JSX } from 'preact';
import type { Session } from '../../session/session.ts';
import { type LogCell, logRows, shownIndexes } from './log-cells.ts';

const CELLS = 13;
/** Past it a number is wider than its column: every second one is shown. */
const NARROW_MAX = 999;
/** Colours of terms come round again after so many. */
const TERM_COLOURS = 5;

export function LogTable({ session }: { readonly session: Session }): JSX.Element {
  const { scene } = session.steady.value;
  const indexes = shownIndexes(scene, CELLS);
  return (
    <>
      <section class="scrolls" tabindex={0} aria-label="The logs of the nodes">
        <table class="log">
          <thead>
            <tr>
              <th scope="col">entry</th>
              {indexes.map((index, at) => (
                <th key={index} scope="col">
                  <span class={index > NARROW_MAX && at % 2 === 1 ? 'unseen' : 'index'}>
                    {index}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {logRows(scene, indexes).map(({ node, cells }) => (
              <tr key={node.id} class={node.presence === 'dead' ? 'dead' : undefined}>
                <th scope="row">{node.id}</th>
                {cells.map((cell) => (
                  <Cell key={cell.index} cell={cell} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <LogLegend />
    </>
  );
}

function Cell({ cell }: { readonly cell: LogCell }): JSX.Element {
  const { term, isCommitted, isCommitEnd, isApplied, isCompacted, isMatch, isNext } = cell;
  const classes = [
    term === null ? (isCompacted ? 'compacted' : 'none') : `term-${term % TERM_COLOURS}`,
    ...(isCommitted ? ['committed'] : []),
    ...(isCommitEnd ? ['commit-end'] : []),
    ...(isApplied ? ['applied'] : []),
  ];
  return (
    <td>
      <span class={`cell ${classes.join(' ')}`}>
        {term ?? (isCompacted ? '⋯' : '')}
        {term !== null && <span class="unseen">{inWords(cell)}</span>}
      </span>
      <span class="marks">
        {isMatch && (
          <span class="match">
            ▲<span class="unseen">equal to the leader's through here</span>
          </span>
        )}
        {isNext && (
          <span class="next">
            ▷<span class="unseen">the leader sends this next</span>
          </span>
        )}
      </span>
    </td>
  );
}

function inWords({ isCommitted, isApplied }: LogCell): string {
  if (!isCommitted) return ', not known to be committed';
  return isApplied ? ', applied' : ', committed';
}

function LogLegend(): JSX.Element {
  return (
    <ul class="legend">
      <li>
        <span class="cell sample">1</span> stored
      </li>
      <li>
        <span class="cell sample committed commit-end">1</span> committed
      </li>
      <li>
        <span class="cell sample committed applied">1</span> applied
      </li>
      <li>
        <span class="match" aria-hidden="true">
          ▲
        </span>{' '}
        match
      </li>
      <li>
        <span class="next" aria-hidden="true">
          ▷
        </span>{' '}
        next
      </li>
    </ul>
  );
}
