/** How many paths a message lists: as many as one reads at a glance. */
const MAX_LISTED = 5

/** The paths beside one of them, for a message: the first few, and how many more there are. */
export function otherPaths(own: string, all: readonly string[]): string {
  const listed = all
    .slice(0, MAX_LISTED + 1)
    .filter((path) => path !== own)
    .slice(0, MAX_LISTED)
  const more = all.length - 1 - listed.length
  return `${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
