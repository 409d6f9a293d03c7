import type { ScalarNode } from '../../yaml/node.ts'

/**
 * A scalar as Compose makes a text of it: the value that YAML reads, printed as Go prints it. `0x10` is `16`, `1.0` is
 * `1`, `1e6` is `1e+06`; nothing is the empty text.
 */
export function textOfScalar({ value, text }: ScalarNode): string {
  if (typeof value !== 'number') return value === null ? '' : String(value)
  if (!Number.isFinite(value) || DECIMAL.test(text)) return text
  return INTEGER.test(text) ? String(value) : floatText(value)
}

// Longer numbers than JavaScript keeps exactly stay as they are written.
const DECIMAL = /^(0|-?[1-9]\d*)$/
const INTEGER = /^[-+]?(0b[01_]+|0x[\da-f_]+|0o?[0-7_]+|[1-9][\d_]*)$/i

/** The shortest digits that give the number back, with an exponent for the very small and from a million on. */
function floatText(value: number): string {
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}
