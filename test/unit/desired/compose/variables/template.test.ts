import { describe, expect, test } from 'vitest'
import { substitute } from '../../../../../controller/desired/compose/variables/template.ts'

const SET: Record<string, string> = { FOO: 'first', EMPTY: '', A: 'a', _x9: 'low', REF: '$FOO' }
const lookup = (name: string) => SET[name]

/** Numbers are those of the reference's behaviours of Compose. */
describe('interpolation', () => {
  test.each([
    ['$FOO', 'first'], // 16
    ['${FOO}', 'first'],
    ['$FOO-bar', 'first-bar'],
    ['$FOO:-bar', 'first:-bar'],
    ['x${FOO}y$A', 'xfirstya'],
    ['${_x9}$_x9.', 'lowlow.'],
    ['${FOO}}', 'first}'],
    ['${REF}', '$FOO'],
    ['${NO:-def}', 'def'], // 18
    ['${EMPTY:-def}', 'def'],
    ['${FOO:-def}', 'first'],
    ['${NO:-}', ''],
    ['${EMPTY-def}', ''], // 19
    ['${NO-def}', 'def'],
    ['${EMPTY?msg}', ''], // 21
    ['${FOO:?msg}', 'first'],
    ['${FOO:+alt}', 'alt'], // 22
    ['${EMPTY:+alt}', ''],
    ['${EMPTY+alt}', 'alt'],
    ['${NO+alt}', ''],
    ['${NO:+alt}', ''],
    ['${FOO:+say $A}', 'say a'],
    ['$$', '$'], // 23
    ['$${FOO}', '${FOO}'],
    ['$$$FOO', '$first'],
    ['$$$$', '$$'],
    ['${NO:-$$A}', '$A'],
    ['^REGEX$', '^REGEX$'], // 24
    ['a $ b', 'a $ b'],
    ['$}', '$}'],
    ['$1', '$1'],
    ['$(date) $', '$(date) $'],
    ['${NO:-${NOR:-x}_t_$A}', 'x_t_a'], // 26
    ['${NO:-${NOR:-${NOT:-deep}}}', 'deep'],
    ['${NO-${EMPTY:-$FOO} ${A}}', 'first a'],
    ['${J:-{"json":1}}', '{"json":1}'], // 28
    ['${J:-{{.Name}}}', '{{.Name}}'],
    ['${FOO:-{{.Name}}}', 'first'],
    ['${J:-{}}', '{}'],
    ['${U-myerror?msg}', 'myerror?msg'], // 29
    ['${FOO?va-lu+e}', 'first'],
    ['${U:-a:-b}', 'a:-b'],
    ['${U-:?x}', ':?x'],
    ['${FOO:-${NO}}', 'first'], // 30
    ['${NO:+${NO}}', ''],
    ['${FOO?${NO:?never}}', 'first'],
    ['${FOO:-${ broken}}', 'first'],
    ['${NO:-two\nlines}', 'two\nlines'],
    ['', ''],
  ])('%j is %j', (template, wanted) => {
    expect(substitute(template, lookup)).toMatchObject({ text: wanted, errors: [], unset: [] })
  })

  test.each([
    ['$NO', '', ['NO']], // 17
    ['${NO}', '', ['NO']],
    ['a${NO}b$NOR.$NO', 'ab.', ['NO', 'NOR']],
    ['${NO:-$NOR}', '', ['NOR']],
    ['${FOO:+x$NO}', 'x', ['NO']],
    ['${P:-$2y$05$oZ/k}', '$2y$05/k', ['oZ']], // 27
  ])('%j is %j without %j', (template, wanted, unset) => {
    expect(substitute(template, lookup)).toMatchObject({ text: wanted, errors: [], unset })
  })

  test.each([
    ['${NO:?msg}', ['required variable NO is missing a value: msg']], // 20
    ['${NO:?}', ['required variable NO is missing a value']],
    ['${EMPTY:?}', ['required variable EMPTY is missing a value']],
    ['${NO?say $FOO}', ['required variable NO is missing a value: say first']],
    [
      '${NO?a} ${FOO} ${EMPTY:?b}',
      ['required variable NO is missing a value: a', 'required variable EMPTY is missing a value: b'],
    ],
    [
      '${',
      [
        'invalid interpolation "${"; write ${NAME}, ${NAME:-default} or ${NAME:?message}, or $$ for a literal $',
      ],
    ], // 25
    [
      '${}',
      [
        'invalid interpolation "${}"; write ${NAME}, ${NAME:-default} or ${NAME:?message}, or $$ for a literal $',
      ],
    ],
    [
      'a ${ foo} b ${}',
      [
        'invalid interpolation "${ foo}"; write ${foo}, ${foo:-default} or ${foo:?message}, or $$ for a literal $',
      ],
    ],
    [
      '${foo!}',
      [
        'invalid interpolation "${foo!}"; write ${foo}, ${foo:-default} or ${foo:?message}, or $$ for a literal $',
      ],
    ],
    [
      '${foo:}',
      [
        'invalid interpolation "${foo:}"; write ${foo}, ${foo:-default} or ${foo:?message}, or $$ for a literal $',
      ],
    ],
    [
      '${9}',
      [
        'invalid interpolation "${9}"; write ${NAME}, ${NAME:-default} or ${NAME:?message}, or $$ for a literal $',
      ],
    ],
    [
      '${NO:-{}',
      [
        'invalid interpolation "${NO:-{}"; write ${NO}, ${NO:-default} or ${NO:?message}, or $$ for a literal $',
      ],
    ],
    [
      '${NO:-${}}',
      [
        'invalid interpolation "${}"; write ${NAME}, ${NAME:-default} or ${NAME:?message}, or $$ for a literal $',
      ],
    ],
  ])('%j fails', (template, errors) => {
    expect(substitute(template, lookup).errors).toEqual(errors)
  })
})

describe('a hostile text is refused with one error', () => {
  const large = (name: string) => (name.startsWith('BIG') ? 'x'.repeat(600_000) : undefined)

  test.each([
    ['very many that never close', '${'.repeat(100_000), /^invalid interpolation/],
    ['very many open defaults', '${A:-'.repeat(100_000), /^invalid interpolation/],
    ['very many that are empty', '${}'.repeat(100_000), /^invalid interpolation/],
    [
      'very deep defaults',
      `${'${NO:-'.repeat(50_000)}${'}'.repeat(50_000)}`,
      /^variables are nested too deeply$/,
    ],
    ['a default of very many open braces', `\${NO:-${'{'.repeat(100_000)}}`, /^invalid interpolation/],
    ['growth', '$BIG$BIG', /^is longer than 1048576 characters once its variables are filled in$/],
    ['growth in a default', '${NO:-${BIG}$BIG}', /^is longer than 1048576 characters/],
    ['growth without end', '$BIG'.repeat(100_000), /^is longer than 1048576 characters/],
  ])('%s', (_what, text, message) => {
    expect(substitute(text, large).errors).toEqual([expect.stringMatching(message)])
  })

  test.each([
    ['very many dollars', '$'.repeat(200_000), '$'.repeat(100_000)],
    ['very many closed defaults', '${NO:-x}'.repeat(50_000), 'x'.repeat(50_000)],
    ['very many branches not taken', '${NO:+${}}'.repeat(50_000), ''],
  ])('%s are read', (_what, text, wanted) => {
    expect(substitute(text, lookup)).toMatchObject({ text: wanted, errors: [] })
  })
})
