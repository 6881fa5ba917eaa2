/**
 * The file operations of the level store, as few as it can do with; a simulator may put its own
 * underneath. What is written survives the death of the process at once, and a power loss only
 * after the sync named at each method. Paths are joined with '/'.
 */

export interface Files {
  /** The names in a directory, sorted; `null` if there is none. */
  list(directory: string): Promise<readonly string[] | null>;
  /** Creates the directory and those above it; durable when it resolves. */
  makeDirectory(directory: string): Promise<void>;
  /** The whole of a small file; `null` if there is none. */
  read(path: string): Promise<Uint8Array | null>;
  /** Creates the file or replaces its content. The content is durable, the name is not (`syncDirectory`). */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Replaces what `to` names, in one step. Durable after `syncDirectory`. */
  rename(from: string, to: string): Promise<void>;
  syncDirectory(directory: string): Promise<void>;
  /** Opens an existing file for writing in place. */
  open(path: string): Promise<OpenFile>;
}

export interface OpenFile {
  /** Overwrites in place, at once, without a sync; takes microseconds. Throws what the system says. */
  writeAt(bytes: Uint8Array, position: number): void;
  /** Calls back once, never during the call: `null` means that what was written before is durable. */
  sync(completed: (error: Error | null) => void): void;
  /** As `sync`, in the background and within about a second; calls back only if that failed, with what the system says. */
  syncSoon(failed: (error: unknown) => void): void;
  /** Syncs what `syncSoon` still owes. */
  close(): Promise<void>;
}
