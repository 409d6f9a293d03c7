import { type Cursor, expected, notice } from '../../cursor.ts'
import { type Node, scalarNode, textNode } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'

const EXPECTED = 'an octal file mode, as in 0440'
const MODE: Shape = { expected: EXPECTED, scalar: { types: ['integer', 'string'] } }

/** A file mode, printed as octal digits: `"0440"`. */
export const fileMode: Shape = { ...MODE, canonical: (at) => modeNode(at, printMode) }

/** A file mode, printed as a number. */
export const numericMode: Shape = { ...MODE, canonical: (at) => modeNode(at, (mode) => mode) }

function modeNode(at: Cursor, print: (mode: number) => string | number): Node | undefined {
  const { node } = at
  const mode = readMode(at)
  if (mode === undefined || mode > 0o7777) return expected(at, EXPECTED)
  const printed = print(mode)
  return typeof printed === 'string' ? textNode(node, printed) : scalarNode(node, printed)
}

/** In quotes all digits are octal; without, they are what YAML reads, so only those with a leading zero. */
function readMode(at: Cursor): number | undefined {
  const { node } = at
  if (node.kind !== 'scalar') return undefined
  if (typeof node.value !== 'number') {
    const digits = /^(?:0o)?([0-7]{1,6})$/.exec(node.text)?.[1]
    return digits === undefined ? undefined : Number.parseInt(digits, 8)
  }
  if (/^[1-7][0-7]{2,3}$/.test(node.text)) {
    const written = `${node.text} without a leading zero is a decimal number`
    notice(at, `${written}, the mode ${printMode(node.value)}; write 0${node.text} if that is what you mean`)
  }
  return node.value < 0 ? undefined : node.value
}

function printMode(mode: number): string {
  return `0${mode.toString(8)}`
}
