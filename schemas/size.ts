const UNITS: Record<string, number> = {
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  t: 1024 ** 4,
  tb: 1024 ** 4,
}

/** Bytes from a Compose byte value (`512m`, `1gb`, `1048576`; base 1024, Compose Specification §"Specifying byte values"); undefined when it is none. */
export function parseSize(text: string | number): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(String(text).trim())
  const unit = match && (match[2] === '' ? 1 : lookup(match[2] ?? ''))
  return match && unit ? Math.round(Number(match[1]) * unit) : undefined
}

function lookup(unit: string): number | undefined {
  const name = unit.toLowerCase()
  return Object.hasOwn(UNITS, name) ? UNITS[name] : undefined
}
