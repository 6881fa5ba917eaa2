/** EM15: a caller is a guest: what it throws at its answer is told to `threw`, and hurts nobody else. */
export function guarded<Answer extends readonly unknown[]>(
  tell: (...answer: Answer) => void,
  threw: (error: unknown) => void,
): (...answer: Answer) => void {
  return (...answer) => {
    try {
      tell(...answer);
    } catch (error) {
      threw(error);
    }
  };
}
