import { expect, test } from 'vitest'
import { checkRequired } from '../../../../../controller/desired/compose/checks/required.ts'
import { honoured } from '../../../../../controller/desired/compose/marks.ts'
import { listOf, string } from '../../../../../controller/desired/compose/model/common.ts'
import type { Shape } from '../../../../../controller/desired/compose/shape.ts'
import { aModelAt, toldAt } from '../model-support.ts'

const item: Shape = {
  expected: 'an item',
  map: { keys: { id: honoured(string, ''), note: honoured(string, '') }, required: ['id'] },
}

const shape: Shape = {
  expected: 'a mapping',
  map: {
    keys: {
      one: honoured(item, ''),
      list: honoured(listOf(item), ''),
      named: honoured({ expected: 'names', map: { values: item } }, ''),
    },
  },
}

test.each([
  ['one: {id: i}\nlist: [{id: i}]\nnamed: {x: {id: i}}', []],
  ['one: {note: n}', ['f:1:6 one: has no id']],
  ['list: [{id: i}, {note: n}]', ['f:1:17 list[1]: has no id']],
  ['named: {x: {}, x-y: {}}', ['f:1:12 named.x: has no id', 'f:1:21 named.x-y: has no id']],
  ['one: {id: }', ['f:1:11 one.id: must be a string, not nothing']],
  ['x-own: {one: {}}', []],
  ['one: text', []],
])('%j', (yaml, problems) => {
  const at = aModelAt(yaml)
  checkRequired(at, shape)
  expect(toldAt(at)).toEqual(problems)
})
