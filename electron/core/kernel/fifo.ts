/** A first-in-first-out queue whose operations are constant time: Array.shift on a long queue is not. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    // Compacting once half is spent costs each item at most one move.
    if (this.#head > 32 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Removes all items and returns them in order. */
  drain(): readonly T[] {
    const items: T[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) items.push(item);
    return items;
  }

  /** Removes the items `matches` holds for and returns them in order. Linear. */
  extract(matches: (item: T) => boolean): readonly T[] {
    const taken: T[] = [];
    const kept: T[] = [];
    for (const item of this.drain()) (matches(item) ? taken : kept).push(item);
    this.#items = kept;
    this.#head = 0;
    return taken;
  }
}
