import { type Cursor, fail } from '../../cursor.ts'
import { honoured } from '../marks.ts'
import type { Scope, Shape } from '../shape.ts'
import { boolean, listOf, mapping, oneOf, orNothing, string } from './common.ts'
import { hook } from './hook.ts'
import { filePath, resolved } from './path.ts'
import { stringOrList } from './string-or-list.ts'

const path: Shape = { ...filePath, canonical: filled }

function filled(at: Cursor, scope: Scope) {
  const isBlank = at.node.kind === 'scalar' && at.node.text === ''
  return isBlank ? fail(at, 'must not be empty') : resolved(at.node, scope)
}

const trigger: Shape = mapping(
  'a mapping with path and action',
  {
    path: honoured(path, 'The file or folder that is watched.'),
    action: honoured(
      oneOf('rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec'),
      'What is done when something there changes.',
    ),
    target: honoured(string, 'Where in the container what has changed is copied to.'),
    exec: honoured(hook, 'The command that runs after copying.'),
    ignore: honoured(stringOrList, 'What is not watched.'),
    include: honoured(stringOrList, 'What alone is watched.'),
    initial_sync: honoured(boolean, 'Everything is copied once at first.'),
  },
  'path',
  'action',
)

/** Compose Deploy Specification §develop. */
export const develop: Shape = orNothing(
  mapping('a mapping with watch', {
    watch: honoured(
      listOf(trigger, 'a list of mappings, each with path and action'),
      'What is done when files change.',
    ),
  }),
)
