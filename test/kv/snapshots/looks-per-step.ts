/** Counts what a store looks at, whoever's it is: by what stores have in common. */
import { MvccStore } from '../../../src/kv/store/mvcc-store.ts';

/** Counts the keys that pages of the foundation look at, between two chunks. */
export class LooksPerStep {
  total = 0;
  most = 0;
  #step = 0;
  readonly #page = MvccStore.prototype.foundationPage;

  constructor() {
    const [page, count] = [this.#page, (looks: number) => this.#count(looks)];
    MvccStore.prototype.foundationPage = function counted(revision, from, looksMax) {
      count(looksMax);
      return page.call(this, revision, from, looksMax);
    };
  }

  next(): void {
    this.most = Math.max(this.most, this.#step);
    this.#step = 0;
  }

  end(): void {
    this.next();
    MvccStore.prototype.foundationPage = this.#page;
  }

  #count(looks: number): void {
    this.total += looks;
    this.#step += looks;
  }
}
