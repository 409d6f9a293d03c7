/** What went into a result: when none of it has changed, the result has not. */
export interface Inputs {
  /** Path to the identity of its content; undefined where there was no such file. */
  files: Map<string, string | undefined>
  /** Image spec's name to the identity of what was found. */
  images: Map<string, string | undefined>
  /** Everything else. */
  key: string
}

export interface Recipe<T> {
  isFresh: (inputs: Inputs) => boolean
  make: () => { value: T; inputs: Inputs }
}

/** Results by path, each kept while its inputs are as they were. */
export interface Memo<T> {
  recall(path: string, recipe: Recipe<T>): T
  /** Forgets what belongs to other paths. */
  keepOnly(paths: string[]): void
}

/** A memo that has nothing yet. */
export function createMemo<T>(): Memo<T> {
  const kept = new Map<string, { value: T; inputs: Inputs }>()
  return {
    recall(path, { isFresh, make }) {
      const known = kept.get(path)
      if (known && isFresh(known.inputs)) return known.value
      const made = make()
      kept.set(path, made)
      return made.value
    },
    keepOnly(paths) {
      const wanted = new Set(paths)
      for (const path of kept.keys()) if (!wanted.has(path)) kept.delete(path)
    },
  }
}
