/** Ports from `first` to `last`, both among them. */
export interface PortRange {
  first: number
  last: number
}

/** `80` or `8000-8010`; undefined when it is none. */
export function parsePortRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? match?.[1])
  return match && last <= 65535 && first <= last ? { first, last } : undefined
}

export function printPortRange({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`
}
