import { describe, expect, test } from 'vitest'
import { expand, TemplateError } from '../../../controller/desired/compose/template.ts'

const SET: Record<string, string> = { FOO: 'first', EMPTY: '', A: 'a' }
const lookup = (name: string) => SET[name]

/** Numbers are those of the reference's behaviours of Compose. */
describe('interpolation', () => {
  test.each([
    ['$FOO', 'first'],
    ['${FOO}', 'first'],
    ['$FOO-bar', 'first-bar'],
    ['x${FOO}y$A', 'xfirstya'],
    ['${NO:-def}', 'def'],
    ['${EMPTY:-def}', 'def'],
    ['${FOO:-def}', 'first'],
    ['${EMPTY-def}', ''],
    ['${NO-def}', 'def'],
    ['${EMPTY?msg}', ''],
    ['${FOO:+alt}', 'alt'],
    ['${EMPTY:+alt}', ''],
    ['${EMPTY+alt}', 'alt'],
    ['${NO+alt}', ''],
    ['$$', '$'],
    ['$${FOO}', '${FOO}'],
    ['$$$FOO', '$first'],
    ['^REGEX$', '^REGEX$'],
    ['a $ b', 'a $ b'],
    ['$}', '$}'],
    ['$1', '$1'],
    ['${NO:-${NOR:-x}_t_$A}', 'x_t_a'],
    ['${J:-{"json":1}}', '{"json":1}'],
    ['${U-myerror?msg}', 'myerror?msg'],
    ['${FOO?va-lu+e}', 'first'],
    ['${FOO:-${NO}}', 'first'],
    ['${NO:+${NO}}', ''],
    ['', ''],
  ])('%s is %j', (template, wanted) => expect(expand(template, lookup)).toBe(wanted))

  test.each([
    ['$NO', /^variable NO is not set; .* as in \$\{NO:-default\}/],
    ['${NO}', /^variable NO is not set/],
    ['${NO:-$NOR}', /^variable NOR is not set/],
    ['${NO:?msg}', /^required variable NO is missing a value: msg$/],
    ['${EMPTY:?}', /^required variable EMPTY is missing a value$/],
    ['${NO?say $FOO}', /missing a value: say first$/],
    ['${', /^invalid interpolation "\$\{"; write \$\$ for a literal \$$/],
    ['${}', /^invalid interpolation/],
    ['${ foo}', /^invalid interpolation/],
    ['${foo!}', /^invalid interpolation/],
    ['${NO:-{}', /^invalid interpolation/],
    ['${NO:-'.repeat(30) + '}'.repeat(30), /^variables are nested too deeply$/],
  ])('%s fails', (template, message) => {
    expect(() => expand(template, lookup)).toThrow(TemplateError)
    expect(() => expand(template, lookup)).toThrow(message)
  })

  test('a value that grows without end is refused', () => {
    const large = (name: string) => (name === 'BIG' ? 'x'.repeat(600_000) : undefined)
    expect(() => expand('$BIG$BIG', large)).toThrow(/longer than 1048576 characters/)
  })
})
