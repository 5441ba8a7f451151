/** A `Map` in what it does, and small as long as it has no more than one entry: V8 gives an empty Map 184 bytes. */
export class SmallMap<Key, Value> implements Map<Key, Value> {
  #key: Key | undefined;
  #value: Value | undefined;
  /** 0 or 1; what is in `#all` is not counted. */
  #count = 0;
  /** All entries, once there were two. */
  #all: Map<Key, Value> | undefined;

  constructor(entries: Iterable<readonly [Key, Value]>) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#all?.size ?? this.#count;
  }

  get [Symbol.toStringTag](): string {
    return "Map";
  }

  get(key: Key): Value | undefined {
    if (this.#all !== undefined) return this.#all.get(key);
    return this.has(key) ? this.#value : undefined;
  }

  has(key: Key): boolean {
    if (this.#all !== undefined) return this.#all.has(key);
    return this.#count === 1 && this.#key === key;
  }

  set(key: Key, value: Value): this {
    if (this.#all === undefined && (this.#count === 0 || this.#key === key)) {
      this.#key = key;
      this.#value = value;
      this.#count = 1;
    } else {
      this.#grown().set(key, value);
    }
    return this;
  }

  delete(key: Key): boolean {
    if (this.#all !== undefined) return this.#all.delete(key);
    const isThere = this.has(key);
    if (isThere) this.clear();
    return isThere;
  }

  clear(): void {
    this.#all = undefined;
    this.#key = undefined;
    this.#value = undefined;
    this.#count = 0;
  }

  forEach(callback: (value: Value, key: Key, map: Map<Key, Value>) => void): void {
    for (const [key, value] of this.#grown()) callback(value, key, this);
  }

  // Who walks through it may change it meanwhile, and has to see what a Map would show.
  keys(): MapIterator<Key> {
    return this.#grown().keys();
  }

  values(): MapIterator<Value> {
    return this.#grown().values();
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#grown().entries();
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  #grown(): Map<Key, Value> {
    this.#all ??= new Map(this.#count === 1 ? [[this.#key as Key, this.#value as Value]] : []);
    return this.#all;
  }
}
