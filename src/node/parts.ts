/** All parts of a running node, put together by `assembly.ts`. Each is given what it needs of the others there. */
import type { Clients } from './calls/clients.ts';
import type { Audience } from './listeners.ts';
import type { Callers } from './peers/callers.ts';
import type { Dialler } from './peers/dialler.ts';
import type { PeerProblems } from './peers/problems.ts';
import type { Roles } from './roles.ts';
import type { Surroundings } from './surroundings.ts';

export interface Parts extends Surroundings {
  readonly audience: Audience;
  readonly callers: Callers;
  readonly clients: Clients;
  readonly dialler: Dialler;
  readonly problems: PeerProblems;
  readonly roles: Roles;
}
