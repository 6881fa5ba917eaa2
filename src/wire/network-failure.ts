/** Why the network led to nobody, or broke off: in the same words for members, clients and commands. */

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ENOTFOUND: 'that host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EPIPE: 'the connection was reset',
  ETIMEDOUT: 'nobody answered in time',
};

/** By the system's code; `null`: it is another trouble. */
export function networkFailureText(code: string): string | null {
  return WORDS[code] ?? null;
}

/** With the code behind it, by which people look it up; `null`: it is another trouble. */
export function networkFailureNamed(code: string): string | null {
  const text = networkFailureText(code);
  return text === null ? null : `${text} (${code})`;
}
