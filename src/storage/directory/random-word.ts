/** The words that tell incarnations and boots apart (ID1). Injected, so that a simulator may repeat a run. */

/** 64 random bits as 16 hexadecimal digits. */
export type RandomWord = () => string;

export const cryptoWord: RandomWord = () => {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
};
