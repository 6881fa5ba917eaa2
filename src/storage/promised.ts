/** What reports its end by a callback, as a promise. */
export function promised(start: (completed: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === null ? resolve() : reject(error)));
  });
}
