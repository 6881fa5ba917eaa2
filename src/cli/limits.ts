/** The bounds of the command line, with what happens when each is reached. */

/** Other base ports that are tried for a suggestion. */
export const DEMO_SUGGESTIONS_MAX = 20;
/** Nodes of a demo. More are refused. */
export const DEMO_NODES_MAX = 7;
/** Bound: characters of an event of a node that has not come to its end; a longer one is none of ours, and ends its stream. */
export const DEMO_EVENT_LENGTH_MAX = 1024 * 1024;
/** Bound: live pages that a demo feeds at a time. One more is refused. */
export const DEMO_PAGES_MAX = 8;
/** Bound: of an order by hand, a write included. What is longer is none. */
export const DEMO_ORDER_BYTES_MAX = 64 * 1024;
/** Bound: a longer body is none of a server of ours, and is not read to its end. */
export const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
/** Bound: characters of what a server says went wrong; the rest is cut. */
export const SERVER_WORDS_LENGTH_MAX = 1_000;
/** Characters of a key or a value in a column of a table; a longer one is cut. */
export const KEY_COLUMN_MAX = 60;
export const VALUE_COLUMN_MAX = 60;
/** Bound: a sentence of a refusal has at most so many characters on the wire, too. */
export const LINK_SENTENCE_LENGTH_MAX = 600;
/** The largest count, and the longest time, that an option may name. */
export const OPTION_COUNT_MAX = 2 ** 40;
export const OPTION_MS_MAX = 600_000;
/** Characters of a key or a value in the line of a change; a longer one is cut. */
export const WATCH_COLUMN_MAX = 60;
/** Bound: bytes of a key or a value in a variable of a program; one that is longer has no variable. Linux takes twice as many. */
export const VARIABLE_BYTES_MAX = 64 * 1024;
/** Bound: a server is asked to wait no longer than this for what it cannot do at once, in milliseconds. */
export const ASKED_MS_MAX = 60_000;
/** How long a node that joins waits for one answer of the cluster, in milliseconds; then it asks again. */
export const JOIN_ASKED_MS = 30_000;
/** How long it waits for one that may be itself to say who it is, in milliseconds. */
export const JOIN_LOOKED_MS = 2_000;
/** How long it waits before it asks again, in milliseconds. */
export const JOIN_PAUSE_MS = 500;
/** How long a node that founds a cluster with others waits for the answer of one of them, in milliseconds. */
export const FOUNDER_ASKED_MS = 2_000;
/** Bound: a datagram of discovery has no more bytes; a question has just so many. What is of another size is not read. */
export const DATAGRAM_BYTES_MAX = 512;
/** Bound: a node answers so many questions of discovery a second; it leaves out the others, which are asked again. */
export const DISCOVERY_ANSWERS_PER_SECOND_MAX = 100;
/** How long answers to one question of discovery are waited for, in milliseconds. */
export const DISCOVERY_AWAITED_MS = 300;
/** Nobody asks the group more often, in milliseconds: until then whoever has answered lately counts. */
export const DISCOVERY_PAUSE_MS = 1_000;
/** Whoever has not answered for so long, in milliseconds, is forgotten: three questions may be lost. */
export const DISCOVERY_HEARD_MS = 4_000;
/** Bound: places that were told of and are remembered. One more is not, until another is forgotten. */
export const DISCOVERY_PLACES_MAX = 64;
/** A node that cannot listen at the group tries again after so long, in milliseconds. */
export const DISCOVERY_RETRY_MS = 5_000;
/** A recovery that takes longer says how far it is this often, in milliseconds. */
export const PROGRESS_PAUSE_MS = 2_000;
/** A line on a terminal that says how far something is changes this often, in milliseconds. */
export const PROGRESS_LINE_MS = 200;
/** Bound: a server that makes a backup and says nothing for so long, in milliseconds, is taken to be gone. */
export const BACKUP_SILENCE_MS = 30_000;
/** Characters of the names in a directory, in a sentence about it; the rest is cut. */
export const SHOWN_NAMES_LENGTH_MAX = 200;
/** How long the certificates of `certs` are good for, in days: so short that nobody builds on them. */
export const DEVELOPMENT_DAYS = 30;
/** Bound: a longer line of an import is no key with its value: the largest value, each byte of it written as six. */
export const LINE_BYTES_MAX = 16 * 1024 * 1024;
/** Bound: keys and values in one transaction of an import, in bytes; one pair goes whatever its size. */
export const IMPORT_BATCH_BYTES_MAX = 256 * 1024;
/** Bound: transactions of an import that are not in, or behind one that is not; the next waits. */
export const IMPORT_BATCHES_MAX = 8;
/** Bound: their keys and values, in bytes; one pair goes whatever its size. */
export const IMPORT_WINDOW_BYTES_MAX: number = 1024 * 1024;
/** Whoever is given a certificate that ends within so many days is told so. */
export const CERTIFICATE_ENDS_SOON_DAYS = 7;
/** A program that is to stop has so long, in milliseconds; then it is killed. */
export const PROGRAM_GRACE_MS = 5_000;
/** How often it is looked whether what it began has ended, too, in milliseconds. */
export const PROGRAM_LOOK_MS = 20;
/** Who leads no more, and cannot campaign, tries again after so long, in milliseconds. */
export const CAMPAIGN_PAUSE_MS = 1_000;
/** Bound: a larger file is no configuration, and is not read as one. */
export const CONFIGURATION_FILE_BYTES_MAX = 64 * 1024;
/** Bound: an input that is sent at once, a value or a transaction. No server takes more. */
export const INPUT_BYTES_MAX: number = 64 * 1024 * 1024;
/** A pipe in which nothing comes for so long, in milliseconds, is said to be waited for. */
export const SILENCE_TOLD_MS = 1_000;
/** Bound: bytes for standard error that its reader has not taken; past it lines are left out, and told of once more are read. */
export const ERRORS_HELD_BYTES_MAX: number = 1024 * 1024;
