import { describe, expect, test } from 'vitest'
import { parseDotenv } from '../../../controller/desired/compose/dotenv.ts'
import { formatProblem } from '../../../schemas/problem.ts'

const outer = (name: string) => (name === 'OUTER' ? 'o' : undefined)
const read = (content: string) => parseDotenv('.env', content, outer)

describe('dotenv', () => {
  test.each<[string, Record<string, string>]>([
    ['A=1', { A: '1' }],
    ['A = 1', { A: '1' }],
    ['export A=1', { A: '1' }],
    ['A: 1', { A: '1' }],
    ['A=', { A: '' }],
    ['A= v # c', { A: 'v' }],
    ['A=123#x', { A: '123#x' }],
    ['A=# c', { A: '# c' }],
    ["A='v $X \\n # c'", { A: 'v $X \\n # c' }],
    ['A="a\\nb $OUTER \\$Y"', { A: 'a\nb o $Y' }],
    ['A="one\ntwo"\nB=2', { A: 'one\ntwo', B: '2' }],
    ["A='one\ntwo' # c\nB=2", { A: 'one\ntwo', B: '2' }],
    ['A=1\nB=${A:-2}x', { A: '1', B: '1x' }],
    ['OUTER=mine\nB=$OUTER', { OUTER: 'mine', B: 'o' }],
    ['OUTER\nMISSING', { OUTER: 'o' }],
    ['\uFEFFA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['A.b-c=1', { 'A.b-c': '1' }],
    ['# A=1\n\n  # B=2\n', {}],
    ["A=it's", { A: "it's" }],
    ['A=a=b', { A: 'a=b' }],
    ['A="x" trailing', { A: 'x' }],
  ])('%j', (content, wanted) => {
    const { variables, problems } = read(content)
    expect(problems).toEqual([])
    expect(Object.fromEntries(variables)).toEqual(wanted)
  })

  test.each([
    ['A=1\nINVALID LINE', '.env:2:1 "INVALID LINE" is no NAME=value'],
    ['A="open\nB=1', '.env:1:1 the quote of A is not closed'],
    [
      'A="x\ny"\nB=$NO',
      ".env:3:1 B: variable NO is not set; set it in the stack's .env, under x-setpoint.variables or in the settings of the source, give a default as in ${NO:-default}, or write $$ for a literal $",
    ],
    ['=x', '.env:1:1 "=x" is no NAME=value'],
  ])('%j', (content, message) => expect(read(content).problems.map(formatProblem)).toEqual([message]))
})
