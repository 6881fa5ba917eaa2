/** The live page: what is to be seen, and in a demo what can be done. */
import type { JSX } from 'preact';
import type { RemoteHand } from '../session/remote-hand.ts';
import type { Session } from '../session/session.ts';
import { FaultPanel } from './fault-panel.tsx';
import { PageHead } from './page-head.tsx';
import { Panels } from './panels.tsx';

interface PageProps {
  readonly session: Session;
  /** `null`: whoever looks only looks. */
  readonly hand: RemoteHand | null;
}

export function Page({ session, hand }: PageProps): JSX.Element {
  return (
    <>
      <PageHead session={session} />
      <main>
        <Panels session={session}>
          {hand !== null && <FaultPanel session={session} hand={hand} />}
        </Panels>
      </main>
    </>
  );
}
