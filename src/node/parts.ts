/** All parts of a running node, put together by `assembly.ts`. Each is given what it needs of the others there. */
import type { Clients } from './calls/clients.ts';
import type { Audience } from './listeners.ts';
import type { PeerProblems } from './peer-problems.ts';
import type { Roles } from './roles.ts';
import type { Surroundings } from './surroundings.ts';

export interface Parts extends Surroundings {
  readonly audience: Audience;
  readonly clients: Clients;
  readonly problems: PeerProblems;
  readonly roles: Roles;
}
