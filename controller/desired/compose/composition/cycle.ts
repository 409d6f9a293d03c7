/** One service on the way from service to service. */
export interface Link {
  path: string
  name: string
}

/** Whether two links are the same service of the same file. */
export function isSame(one: Link, other: Link): boolean {
  return one.path === other.path && one.name === other.name
}

/** The way round that closes with the last link, in words: `a extends b extends a`; with files where there are several. */
export function describeCycle(chain: readonly Link[], last: Link): string {
  const round = [...chain.slice(chain.findIndex((link) => isSame(link, last))), last]
  const isOneFile = round.every(({ path }) => path === last.path)
  return round.map(({ name, path }) => (isOneFile ? name : `${name} in ${path}`)).join(' extends ')
}
