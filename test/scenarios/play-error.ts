/** What is wrong with a play, in a sentence that says where: its text, or what came about in it. */
export class PlayError extends Error {
  override readonly name = 'PlayError';
}
