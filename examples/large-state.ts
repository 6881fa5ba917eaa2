/** A state too large to be copied in one step: it is written in pieces while commands go on, and read back in pieces. */
import { defineMachine } from 'raftchart';

/** Replaced by commands and never changed, so that a copied list of them is a copy of all. */
type Post = { readonly author: string; readonly text: string };

function* lines(posts: readonly Post[]): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const post of posts) yield encoder.encode(`${JSON.stringify(post)}\n`);
}

export const wall = defineMachine({
  initial: () => ({ posts: [] as Post[] }),
  commands: {
    post: (state, post: Post) => state.posts.push(post),
    edit: (state, { at, text }: { at: number; text: string }) => {
      const post = state.posts[at];
      if (post === undefined) throw new Error('there is no such post');
      state.posts[at] = { ...post, text };
    },
  },
  queries: { text: (state, at: number) => state.posts[at]?.text ?? null },
  // Takes hold of the posts now; what commands do after this does not show.
  snapshot: ({ posts }) => lines([...posts]),
  // The pieces arrive in order, but cut anew.
  restore: async (chunks) => {
    const decoder = new TextDecoder();
    const posts: Post[] = [];
    let rest = '';
    for await (const chunk of chunks) {
      const [last = '', ...whole] = (rest + decoder.decode(chunk, { stream: true }))
        .split('\n')
        .reverse();
      posts.push(...whole.reverse().map((line): Post => JSON.parse(line)));
      rest = last;
    }
    return { posts };
  },
});
