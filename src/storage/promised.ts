/** What reports its end by a callback, as a promise. */
export function promised(start: (completed: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === null ? resolve() : reject(error)));
  });
}

/** Both, and rejects with the first failure once neither is under way any more. */
export async function bothOf(first: Promise<void>, second: Promise<void>): Promise<void> {
  const ends = await Promise.allSettled([first, second]);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
