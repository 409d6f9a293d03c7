import { expect, test } from 'vitest'
import { extraHosts } from '../../../../../controller/desired/compose/model/extra-hosts.ts'
import { canonical, messages } from '../canonical-support.ts'

test.each([
  ['["db:10.0.0.5"]', ['db=10.0.0.5']],
  ['["db=10.0.0.5"]', ['db=10.0.0.5']],
  ['["db=::1", "v6:[fe80::1]", "v6:fe80::2"]', ['db=::1', 'v6=fe80::1', 'v6=fe80::2']],
  ['["db=10.0.0.5,10.0.0.6"]', ['db=10.0.0.5', 'db=10.0.0.6']],
  ['["z:host-gateway", "a:10.0.0.5"]', ['a=10.0.0.5', 'z=host-gateway']],
  ['["db:10.0.0.5", "db=10.0.0.5"]', ['db=10.0.0.5']],
  ['{db: 10.0.0.5, cache: "[::1]"}', ['cache=::1', 'db=10.0.0.5']],
  ['{db: [10.0.0.6, 10.0.0.5]}', ['db=10.0.0.5', 'db=10.0.0.6']],
])('%s', (written, expected) => {
  expect(canonical(extraHosts, written)).toEqual({ value: expected, errors: [], notices: [] })
  expect(canonical(extraHosts, JSON.stringify(expected)).value).toEqual(expected)
})

test.each([
  ['[db]', '"db" has no address; write db=10.0.0.5'],
  ['["=10.0.0.5"]', '"" is no name of a host; write db=10.0.0.5'],
  ['{"db:": 10.0.0.5}', '"db:" is no name of a host; write db=10.0.0.5'],
  ['{db: }', 'must be an address or a list of addresses, not nothing'],
  ['[{db: 10.0.0.5}]', 'must be a host and its address, as in "db=10.0.0.5", not a mapping'],
])('%s is refused', (written, message) => {
  expect(messages(extraHosts, written)).toEqual([message])
})
