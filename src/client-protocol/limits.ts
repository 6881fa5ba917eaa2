/** The bounds of what clients and servers say to each other, with what happens when each is reached. */

/** Bound: one frame in either direction. A larger one closes the connection. */
export const CLIENT_FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** Bound: one command that a client sends, so that it fits a frame. A larger one is refused before it leaves. */
export const CLIENT_COMMAND_BYTES_MAX = 15 * 1024 * 1024;
/** Bound: requests or replies in one frame. More close the connection; the sender begins another frame. */
export const ITEMS_PER_FRAME_MAX = 16_384;
/** Fields of one request, its kind counted. */
export const REQUEST_FIELDS_MAX = 13;
/** The largest number that a client may give a request. */
export const REQUEST_ID_MAX = 2 ** 40;
/** The longest a request may wait, in milliseconds. */
export const TIMEOUT_MS_MAX = 60_000;
