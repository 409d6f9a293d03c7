/** Bytes from a size (`512m`, `1gb`, `1048576`; base 1024); undefined when it is none, or too large to be counted exactly. */
export function parseSize(text: string): number | undefined {
  const bytes = Number(parseBytes(text.trim()))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

const EXPONENTS: Record<string, number> = { k: 1, m: 2, g: 3, t: 4, p: 5 }
const LARGEST = 2n ** 63n - 1n

/** The decimal digits of a size in bytes (Compose Specification §Specifying byte values); undefined when it is none. */
export function parseBytes(text: string): string | undefined {
  if (/^\d{1,19}$/.test(text)) return BigInt(text) <= LARGEST ? String(BigInt(text)) : undefined
  // Nobody writes so many digits, and matching them takes its time.
  if (text.length > 100) return undefined
  const match = /^(\d+(?:\.\d*)?|\.\d+)(e\+?\d+)? ?(?:([kmgtp])(?:i?b)?|b)?$/i.exec(text)
  if (!match) return undefined
  const [, digits = '', exponent = '', unit = ''] = match
  const bytes = Math.trunc(Number(digits + exponent) * 1024 ** (EXPONENTS[unit.toLowerCase()] ?? 0))
  return Number.isSafeInteger(bytes) ? String(bytes) : undefined
}
