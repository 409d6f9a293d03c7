/**
 * Merges sources that are each in order into one that is, without taking more than one item of each ahead.
 * @param compare as for `sort`; of equal items those of the earlier source come first
 */
export async function* mergeInOrder<T>(
  sources: AsyncIterable<T>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]())
  const heads = await Promise.all(iterators.map((iterator) => iterator.next()))
  try {
    for (;;) {
      const first = leastOf(heads, compare)
      if (first === undefined) return
      const { value } = heads[first] as IteratorYieldResult<T>
      yield value
      heads[first] = (await iterators[first]?.next()) ?? { done: true, value: undefined }
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()))
  }
}

function leastOf<T>(heads: IteratorResult<T>[], compare: (a: T, b: T) => number): number | undefined {
  let least: number | undefined
  for (const [at, head] of heads.entries()) {
    if (head.done) continue
    const best = least === undefined ? undefined : heads[least]
    if (best === undefined || best.done || compare(head.value, best.value) < 0) least = at
  }
  return least
}
