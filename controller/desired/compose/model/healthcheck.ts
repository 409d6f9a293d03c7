import { type Cursor, fail } from '../../cursor.ts'
import { listNode, type Node, textNode } from '../../yaml/node.ts'
import { honoured } from '../marks.ts'
import type { Key, Shape } from '../shape.ts'
import { boolean, integerFrom, mapping, string } from './common.ts'
import { duration } from './duration.ts'
import { replace } from './merge-rules.ts'

const STARTS = ['CMD', 'CMD-SHELL', 'NONE']

const test: Shape = {
  expected: 'a command, as in "curl -f http://localhost" or ["CMD", "curl", "-f", "http://localhost"]',
  scalar: { types: ['string'] },
  list: { items: string },
  canonical: probe,
  merge: replace,
}

function probe(at: Cursor): Node | undefined {
  const { node } = at
  if (node.kind === 'scalar') return listNode(node, [textNode(node, 'CMD-SHELL'), node])
  const first = node.kind === 'list' ? node.items[0] : undefined
  if (first?.kind !== 'scalar' || STARTS.includes(first.text)) return node
  return fail(
    at,
    'must start with "CMD" for a program, "CMD-SHELL" for a line of a shell, or "NONE" for no check',
  )
}

/** When a task is probed, and how many failures count. */
export const healthTimes: Record<string, Key> = {
  interval: honoured(duration, 'The time between two runs. By default 30s.'),
  timeout: honoured(duration, 'How long one run may take. By default 30s.'),
  retries: honoured(
    integerFrom(0),
    'So many runs in a row must fail until the task is unhealthy. By default 3.',
  ),
  start_period: honoured(duration, 'Failures in this time after the start do not count.'),
  start_interval: honoured(duration, 'The time between two runs in the start period. By default 5s.'),
}

/** Compose Specification §healthcheck. A test that is written as a string is a line for a shell. */
export const healthcheck: Shape = mapping('a mapping with a test', {
  test: honoured(test, 'The command that exits with 0 while the task is well.'),
  disable: honoured(boolean, 'No check at all, whatever the image has.'),
  ...healthTimes,
})
