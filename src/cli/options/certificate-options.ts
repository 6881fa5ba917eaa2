/** The part of the table of options that says whose certificates `certs` makes. */
import { memberHosts, names, text } from './option-kinds.ts';
import { type OptionSpec, optional, preset } from './option-spec.ts';

export const CERTIFICATE_OPTIONS = {
  out: optional(
    text,
    'DIR',
    'Where the certificates and their keys are written; made if it is missing.',
  ),
  members: optional(
    memberHosts,
    'ID=HOST,…',
    'The members, each with the host name or address at which clients call it; loopback names come besides.',
  ),
  clients: preset(
    names,
    'client',
    'NAME,…',
    'The clients, each with the name of the user that it is known by once access is on.',
  ),
} as const satisfies Record<string, OptionSpec<unknown>>;
