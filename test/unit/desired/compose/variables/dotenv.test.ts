import { describe, expect, test } from 'vitest'
import {
  type DotenvOptions,
  parseDotenv,
} from '../../../../../controller/desired/compose/variables/dotenv.ts'
import { shown } from '../../support.ts'

const outer = (name: string) => (name === 'OUTER' ? 'o' : undefined)
const read = (content: string, options: Omit<DotenvOptions, 'outer'> = {}) =>
  parseDotenv('.env', content, { outer, ...options })

/** Numbers are those of the reference's behaviours of Compose. */
describe('dotenv', () => {
  test.each<[string, Record<string, string>]>([
    ['A=1', { A: '1' }],
    ['A = 1', { A: '1' }],
    ['  A=1\n\tB=2', { A: '1', B: '2' }],
    ['A=', { A: '' }],
    ['A=\nB=1', { A: '', B: '1' }],
    ['A=1\nA=2', { A: '2' }],
    ['A=a=b', { A: 'a=b' }],
    ["A=it's", { A: "it's" }],
    ['A=say "x"', { A: 'say "x"' }],
    ['A=C:\\new', { A: 'C:\\new' }],
    ["A='v $X \\n # c'", { A: 'v $X \\n # c' }], // 37
    ["A='it\\'s'", { A: "it's" }],
    ["A=''", { A: '' }],
    ["A='a\\\\'", { A: 'a\\\\' }],
    ['A="a\\nb $OUTER \\$Y"', { A: 'a\nb o $Y' }], // 38
    ['A="say \\"x\\"\\t\\\\ \\q \\\'"', { A: 'say "x"\t\\ \\q \\\'' }],
    ['A="\\0101\\0500\\07"', { A: 'A\\500\\7' }],
    ['A="one\ntwo"\nB=2', { A: 'one\ntwo', B: '2' }],
    ["A='one\ntwo' # c\nB=2", { A: 'one\ntwo', B: '2' }],
    ['A="$$x"', { A: '$x' }],
    ['A= v # c', { A: 'v' }], // 39
    ['A=123#x', { A: '123#x' }],
    ['A=# c', { A: '# c' }],
    ['A=v\t# c', { A: 'v\t# c' }],
    ['A="x#y"# c', { A: 'x#y' }],
    ['# A=1\n\n  # B=2\n', {}],
    ['#', {}],
    ['export A=1', { A: '1' }], // 40
    ['export\tA=1', { A: '1' }],
    ['export=1', { export: '1' }],
    ['A: 1', { A: '1' }],
    ['A:"x"', { A: 'x' }],
    ['URL: http://x:1', { URL: 'http://x:1' }],
    ['OUTER\nMISSING', { OUTER: 'o' }], // 43
    ['export OUTER', { OUTER: 'o' }],
    ['A=1\nB=${A:-2}x', { A: '1', B: '1x' }], // 44
    ['B=${A:-2}\nA=1', { B: '2', A: '1' }],
    ['OUTER=mine\nB=$OUTER', { OUTER: 'mine', B: 'o' }],
    ['A="${NO:-x y}"', { A: 'x y' }],
    ['\uFEFFA=1\r\nB=2\r\n\r\nC\r\n', { A: '1', B: '2' }], // 45
    ['A.b-c[0]=1\nÄ=2\n1X=3', { 'A.b-c[0]': '1', Ä: '2', '1X': '3' }],
    ['', {}],
  ])('%j', (content, wanted) => {
    const { variables, problems } = read(content)
    expect(problems).toEqual([])
    expect(Object.fromEntries(variables)).toEqual(wanted)
  })

  test.each([
    ['A="open\nB=1', '.env:1:3 the quote of A is not closed'], // 41
    ["B=1\n A= 'open", '.env:2:5 the quote of A is not closed'],
    ['A=1\nINVALID LINE', '.env:2:1 this line is no NAME=value: a name has no space'], // 42
    ['A B=1', '.env:1:1 this line is no NAME=value: a name has no space'],
    ['=x', '.env:1:1 this line is no NAME=value: there is no name'],
    ['OUTER # c', '.env:1:1 this line is no NAME=value: a name has letters, digits, _, . and -'],
    ['a/b=x', '.env:1:1 this line is no NAME=value: a name has letters, digits, _, . and -'],
    ['  "A"=x', '.env:1:3 this line is no NAME=value: a name has letters, digits, _, . and -'],
    [
      'A=${',
      '.env:1:3 A: invalid interpolation "${"; write ${NAME}, ${NAME:-default} or ${NAME:?message}, or $$ for a literal $',
    ],
    ['A=${NO:?give it}', '.env:1:3 A: required variable NO is missing a value: give it'],
    [
      'A="x\ny"\nB=$NO',
      ".env:3:3 B: variable NO is not set; set it in the stack's .env, under x-setpoint.variables or in a --variables file, give a default as in ${NO:-default}, or write $$ for a literal $",
    ],
    [
      'A="$apr1$x1$y2"',
      '.env:1:3 A: variable apr1 is not set; in what looks like a password hash, write $$ for each $',
    ],
    ['A="x" y', 'notice .env:1:7 what follows the closing quote counts as an entry of its own'],
  ])('%j: %s', (content, message) => expect(read(content).problems.map(shown)[0]).toBe(message))

  test('all problems of a file are told at once, and the good lines are read', () => {
    const { variables, problems } = read('A=1\nno good\nB=$NO\nC=2\n=x\nD="open')
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 5, 6])
    expect([...variables.keys()]).toEqual(['A', 'C'])
  })

  test('where each value is written is known', () => {
    expect([...read('A=1\n\n  B="x\ny"\nC=$NO\nA=2').places]).toEqual([
      ['A', { file: '.env', line: 6, column: 1 }],
      ['B', { file: '.env', line: 3, column: 3 }],
    ])
  })

  test('as in Compose an unset variable is blank, with one notice', () => {
    const { variables, problems } = read('A=x$NO\nB=$NO', { unset: 'blank' })
    expect([...variables.values()]).toEqual(['x', ''])
    expect(problems.map(shown)).toEqual(['notice .env:1:3 A: variable NO is not set; it counts as blank'])
  })

  test('earlier files are seen below the names of this one', () => {
    const earlier = (name: string) => (name === 'A' || name === 'B' ? 'early' : undefined)
    expect(Object.fromEntries(read('X=$A\nA=1\nY=$A$B', { earlier }).variables)).toEqual({
      X: 'early',
      A: '1',
      Y: '1early',
    })
  })

  test.each([
    ['growth', `A=${'x'.repeat(9)}\n${'A=$A$A\n'.repeat(40)}`, /^is longer than 1048576 characters/],
    [
      'many large values',
      `A=${'x'.repeat(500_000)}\n${Array.from({ length: 40 }, (_, n) => `B${n}=$A`).join('\n')}`,
      /^the file is too long once its variables are filled in$/,
    ],
    ['a quote that never closes', `A="${'\\"'.repeat(200_000)}`, /^the quote of A is not closed$/],
  ])('hostile: %s', (_what, content, message) => {
    const problems = read(content).problems
    expect(problems[0]?.message).toMatch(message)
  })

  test.each([
    ['entries on one line', 'A="x"'.repeat(200_000), 1],
    ['comments', '#\n'.repeat(300_000), 0],
    ['names without end', `${'A '.repeat(400_000)}=1`, 0],
    ['bad lines', '!\n'.repeat(200_000), 0],
  ])('very many %s are read', (_what, content, size) => expect(read(content).variables.size).toBe(size))
})
