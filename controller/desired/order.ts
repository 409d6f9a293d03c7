/** Order by code points, which is the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The items in the order of their keys. */
export function sortBy<T>(items: T[], key: (item: T) => string): T[] {
  return items.toSorted((a, b) => compare(key(a), key(b)))
}
