import { expect, test } from 'vitest'
import { limitedSize, size } from '../../../../../controller/desired/compose/model/size.ts'
import { canonical, messages } from '../canonical-support.ts'

test.each([
  ['512', '512'],
  ['"655360"', '655360'],
  ['64b', '64'],
  ['640k', '655360'],
  ['640kb', '655360'],
  ['50M', '52428800'],
  ['512MiB', '536870912'],
  ['1 gb', '1073741824'],
  ['1.5g', '1610612736'],
  ['0.1k', '102'],
  ['2tb', '2199023255552'],
  ['1e3', '1000'],
  ['0x100', '256'],
  ['"9223372036854775807"', '9223372036854775807'],
  ['-1', '-1'],
  ['"-1"', '-1'],
])('%s', (written, expected) => {
  expect(canonical(size, written)).toEqual({ value: expected, errors: [], notices: [] })
})

test.each(['12 lemons', '1  gb', '1ki', '-2', '-1m', '1.2.3', '9999999p', '9223372036854775808', '""'])(
  '%s is refused',
  (written) => {
    expect(messages(size, written)[0]).toMatch(/^must be a size, as in 512m or 1gb, or -1 for no limit, not /)
  },
)

test('half a byte is none', () => {
  expect(messages(size, '1.5')).toEqual([
    'must be a size, as in 512m or 1gb, or -1 for no limit, not the number 1.5',
  ])
})

test.each(['-1', '"-1"'])('there is no limited size of %s', (written) => {
  expect(messages(limitedSize, written)[0]).toMatch(/^must be a size, as in 512m or 1gb, not /)
})
