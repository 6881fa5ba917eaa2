/** The bounds of the peer port, with what happens when each is reached. */

/** A run counts its entries in 32 bits. */
export const RUN_ENTRIES_MAX = 2 ** 32 - 1;
/** Bound: longer words of refusal are cut. */
export const REFUSAL_LENGTH_MAX = 500;
/** Bound: the version is one byte of the head. */
export const PROTOCOL_VERSION_MAX = 0xff;
/** Bound: more connections at once than any cluster needs are dropped as they come. */
export const CALLERS_MAX = 128;
/**
 * Bound: of these, at most every second one may be of callers that are not accepted (TR21). One more takes the place of
 * the oldest: a member says who it is within milliseconds, whoever floods us loses its own connections first.
 */
export const CALLERS_STRANGERS_SHARE = 2;
/**
 * Bound: what is read from an end whose hello is not accepted yet, in bytes (TR20). A full hello takes 8.8 kB; behind
 * it nothing is read before the verdict.
 */
export const UNACCEPTED_BYTES_MAX = 64 * 1024;
/** Bound: a text of the proof of a secret, in characters: two numbers, two names and a cluster's take less. */
export const GATE_TEXT_LENGTH_MAX = 1024;
/** Bound: a secret that could be guessed from a proof that was overheard is refused. */
export const SECRET_LENGTH_MIN = 32;
