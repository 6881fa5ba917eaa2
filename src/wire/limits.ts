/** The bounds of sockets and fields, with what happens when each is reached. */

/** Bound: a hostile value is quoted in part, in logs and in the words of a closing. */
export const SHOWN_LENGTH_MAX = 40;
/** Bound: of a longer answer only the status is told. */
export const REFUSAL_BODY_BYTES_MAX = 4 * 1024;
/** Bound: what a WebSocket can say in closing, in bytes (RFC 6455 §5.5). */
export const GOODBYE_BYTES_MAX = 123;
/** How often files with certificates are looked at, in milliseconds. */
export const TLS_LOOK_INTERVAL_MS = 10_000;
/** Bound: names in a stranger's certificate are shown in part. */
export const SHOWN_NAMES_LENGTH_MAX = 200;
/** Bound: a longer URL of a member's clients is taken for none, in characters. A name in DNS has 253 at most. */
export const CLIENT_URL_LENGTH_MAX = 300;
/** Bound: a larger file is no token, secret or certificate of anybody, and is not read as one. */
export const GIVEN_FILE_BYTES_MAX: number = 4 * 1024 * 1024;
