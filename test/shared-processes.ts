/**
 * Which test files share a process, and with it the modules that they read: to read them takes longer than most of
 * these tests do; those that lie in no room share one as well. All others have a process of their own, as have a few files of these rooms that change or measure
 * what belongs to a whole process (SC36), and whoever runs the simulator, which shuts the real world out of its process.
 */
export const SHARED_ROOMS: readonly string[] = [
  ...['core', 'rules', 'machines', 'wire', 'transport', 'sessions', 'storage', 'kv'],
  ...['node', 'library', 'server', 'client', 'cli', 'inspection'],
  ...['paper', 'scenarios', 'bugs', 'tidy'],
];

export const LONE_FILES: readonly string[] = [
  'test/bugs/disks.test.ts',
  'test/cli/deadlines.test.ts',
  'test/cli/demo-node.test.ts',
  'test/inspection/http.test.ts',
  'test/inspection/paused-reader.test.ts',
  'test/kv/snapshots/snapshot.test.ts',
  'test/node/many-reads.test.ts',
  'test/node/transfer.test.ts',
  'test/server/http/large-answers.test.ts',
  'test/server/upkeep/rehearsal.test.ts',
  'test/transport/ws-transport.test.ts',
];
